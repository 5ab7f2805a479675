using Espalier.ChDb.Engine;

namespace Espalier.ChDb.Http;

/// <summary>What a request's URL says: the query, its parameters, and settings for this statement only.</summary>
internal sealed record RequestUrl
{
    // Parts of the protocol that are about sessions, compression or a server's users: accepted, without effect on an embedded engine.
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal)
    {
        "user", "password", "quota_key", "query_id", "session_id", "session_timeout", "session_check", "compress", "decompress",
        "wait_end_of_query", "buffer_size", "send_progress_in_http_headers", "enable_http_compression", "role", "client_protocol_version",
    };

    public string? Query { get; init; }

    public string? Database { get; init; }

    public required string Format { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    public required Dictionary<string, string> Settings { get; init; }

    public static RequestUrl Read(HttpRequest request)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in request.Query)
        {
            if (name.StartsWith("param_", StringComparison.Ordinal)) parameters.Add(new(name[6..], values.ToString()));
            else if (name is "query" or "database" or "default_format" || Ignored.Contains(name)) continue;
            else if (!SqlText.IsName(name)) throw new EngineException(ErrorCodes.BadRequestParameter, $"Code: 36. DB::Exception: '{name}' is not the name of a setting.");
            else settings[name] = values.ToString();
        }

        return new()
        {
            Query = request.Query.TryGetValue("query", out var query) ? query.ToString() : null,
            Database = request.Query.TryGetValue("database", out var database) ? database.ToString() : null,
            Format = request.Query.TryGetValue("default_format", out var format) ? format.ToString()
                : request.Headers.TryGetValue("X-ClickHouse-Format", out var header) ? header.ToString() : "TabSeparated",
            Parameters = parameters,
            Settings = settings,
        };
    }
}
