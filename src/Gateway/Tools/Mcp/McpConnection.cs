using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>One MCP server that was greeted, and its catalog.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    public const string NewestVersion = "2025-11-25";

    private const int MostPages = 50;

    private readonly SemaphoreSlim _listing = new(1, 1);
    private int _listedAt;
    private McpCatalog _catalog;

    private McpConnection(IMcpServer server, McpCatalog catalog) => (Server, _catalog, _listedAt) = (server, catalog, server.Changes);

    public IMcpServer Server { get; }

    /// <exception cref="ToolFailure">It is no MCP server, or does not answer.</exception>
    public static async Task<McpConnection> OpenAsync(IMcpServer server, string name, string ownVersion, CancellationToken cancellationToken)
    {
        var answer = await server.RequestAsync(
            "initialize",
            $$$"""{"protocolVersion":"{{{NewestVersion}}}","capabilities":{},"clientInfo":{"name":"espalier","version":"{{{ownVersion}}}"}}""",
            null, cancellationToken);
        using var document = JsonDocument.Parse(answer);
        if (document.RootElement.TryObject("result") is not { } result)
            throw new ToolFailure($"The tool server '{name}' refused to begin: {document.RootElement.TryObject("error")?.TryText("message")}");
        await server.NotifyAsync("notifications/initialized", cancellationToken);
        var initialize = result.GetRawText();
        var tools = result.TryObject("capabilities")?.TryObject("tools") is null ? [] : await ListAsync(server, name, cancellationToken);
        return new McpConnection(server, McpCatalog.Of(initialize, tools));
    }

    /// <summary>The tools as the server lists them now; asked again when it said that they changed, or when <paramref name="again"/>.</summary>
    public async Task<McpCatalog> CatalogAsync(string name, bool again, CancellationToken cancellationToken)
    {
        if (!again && Server.Changes == _listedAt) return _catalog;
        await _listing.WaitAsync(cancellationToken);
        try
        {
            var changes = Server.Changes;
            _catalog = McpCatalog.Of(_catalog.Initialize, await ListAsync(Server, name, cancellationToken));
            _listedAt = changes;
            return _catalog;
        }
        finally
        {
            _listing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _listing.Dispose();
    }

    private static async Task<List<string>> ListAsync(IMcpServer server, string name, CancellationToken cancellationToken)
    {
        var tools = new List<string>();
        string? parameters = null;
        for (var page = 0; page < MostPages; page++)
        {
            using var document = JsonDocument.Parse(await server.RequestAsync("tools/list", parameters, null, cancellationToken));
            if (document.RootElement.TryObject("result") is not { } result || !result.TryGetProperty("tools", out var list) || list.ValueKind != JsonValueKind.Array)
                throw new ToolFailure($"The tool server '{name}' does not list its tools: {document.RootElement.TryObject("error")?.TryText("message") ?? "the answer has no 'tools'"}");
            tools.AddRange(list.EnumerateArray().Select(tool => tool.GetRawText()));
            if (result.TryText("nextCursor") is not { Length: > 0 } cursor) return tools;
            parameters = $$"""{"cursor":{{System.Text.Encoding.UTF8.GetString(Wire.String(cursor).Span)}}}""";
        }

        throw new ToolFailure($"The tool server '{name}' lists its tools on more than {MostPages} pages.");
    }
}
