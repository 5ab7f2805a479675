using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>What the proxy answers to each method of MCP.</summary>
/// <remarks>An evaluation greets nobody and lists from what was kept, unless the contract lets it read for real.</remarks>
internal sealed class McpCalls(McpServers servers, ToolDesk desk, IToolStore store)
{
    // Of servers to their clients, or about the process that all runs share.
    private static readonly string[] Kept = ["sampling/", "elicitation/", "roots/", "resources/subscribe", "resources/unsubscribe", "server/", "tasks/", "subscriptions/"];

    /// <summary>Newest first.</summary>
    public static IReadOnlyList<string> Versions { get; } = [McpConnection.NewestVersion, "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <returns>JSON object with <c>result</c> or <c>error</c>.</returns>
    public async Task<string> AnswerAsync(RunAccount run, ToolContract tool, string method, JsonElement parameters, McpOutput? output, CancellationToken cancellationToken)
    {
        switch (method)
        {
            case "initialize":
                var asked = parameters.TryText("protocolVersion") ?? throw new ToolRefusal(200, ToolRefusal.InvalidParams, "'initialize' has a 'protocolVersion'.");
                return (await CatalogAsync(run, tool, cancellationToken)).AnswerInitialize(Versions.Contains(asked) ? asked : Versions[0]);
            case "ping" or "logging/setLevel":
                return """{"result":{}}""";
            case "tools/list":
                return $$$"""{"result":{"tools":{{{(await CatalogAsync(run, tool, cancellationToken)).Tools}}}}}""";
            case "tools/call":
                return await CallAsync(run, tool, parameters, output, cancellationToken);
            default:
                if (Kept.Any(start => method.StartsWith(start, StringComparison.Ordinal))) throw ToolRefusal.NoMethod(method);
                return (await desk.ServeAsync(run, Ask(run, tool, method, method, parameters, Text(parameters), ToolEffects.Reads(tool, method, saysItReads: false), output), cancellationToken)).Answer.Json;
        }
    }

    private async Task<string> CallAsync(RunAccount run, ToolContract tool, JsonElement parameters, McpOutput? output, CancellationToken cancellationToken)
    {
        var name = parameters.TryText("name") ?? throw new ToolRefusal(200, ToolRefusal.InvalidParams, "'tools/call' has a 'name'.");
        if (parameters.TryGetProperty("arguments", out var arguments) && arguments.ValueKind != JsonValueKind.Object)
            throw new ToolRefusal(200, ToolRefusal.InvalidParams, "The 'arguments' of 'tools/call' are an object.");
        var evaluates = run.Context.Purpose != Purpose.Production;
        // In production nothing hangs on it, and the catalog would be one more question to the store for each call.
        var reads = evaluates && (await KeptCatalogAsync(run, tool, cancellationToken)).Reads(tool, name);
        // An evaluation sends what it looked at and nothing else: a server may read names in ways of its own.
        var sent = evaluates ? OnlyKnown(name, arguments) : Text(parameters);
        var ask = Ask(run, tool, $"tools/call {name}", name, arguments, sent, reads, output) with
        {
            StillReads = async token => (await servers.CatalogAsync(run.Context.Agent, tool, again: true, token)).Reads(tool, name),
        };
        try
        {
            return (await desk.ServeAsync(run, ask, cancellationToken)).Answer.Json;
        }
        catch (ToolFailure failure)
        {
            // As the result of the tool, not of the protocol: this is what models are shown.
            return ErrorResult(failure.Message);
        }
    }

    private ToolAsk Ask(RunAccount run, ToolContract tool, string operation, string name, JsonElement arguments, string? sent, bool reads, McpOutput? output)
    {
        var method = operation.Split(' ')[0];
        return new ToolAsk
        {
            Tool = tool,
            Operation = operation,
            Name = name,
            Arguments = Normalise(arguments, isParameters: operation == method),
            IsKnownToRead = reads,
            Forward = async token =>
            {
                var connection = await servers.GetAsync(run.Context.Agent, tool, token);
                var json = await connection.Server.RequestAsync(method, sent, ProgressTo(sent, output), token);
                return new ToolAnswer(json, ToolAnswers.ErrorOf(json));
            },
        };
    }

    private static Func<string, ValueTask>? ProgressTo(string? sent, McpOutput? output)
    {
        if (output is null || sent is null) return null;
        using var document = JsonDocument.Parse(sent);
        if (McpParameters.ProgressOf(document.RootElement) is not { } token) return null;
        return progress => output.NotifyAsync(JsonRpc.Notification("notifications/progress", WithToken(progress, token)));
    }

    private static string WithToken(string progress, string token)
    {
        using var document = JsonDocument.Parse(progress);
        var root = document.RootElement.Clone();
        return Encoding.UTF8.GetString(Wire.Write(json =>
        {
            json.WriteStartObject();
            foreach (var member in root.EnumerateObject()) JsonRpc.Raw(json, member.Name, member.Name == "progressToken" ? token : member.Value.GetRawText());
            json.WriteEndObject();
        }).Span);
    }

    /// <summary>What the server says of itself: in production the server now, in an evaluation what was kept.</summary>
    private async Task<McpCatalog> CatalogAsync(RunAccount run, ToolContract tool, CancellationToken cancellationToken)
    {
        if (run.Context.Purpose != Purpose.Production) return await KeptCatalogAsync(run, tool, cancellationToken);
        try
        {
            var catalog = await servers.CatalogAsync(run.Context.Agent, tool, again: false, cancellationToken);
            if (await store.FindCatalogAsync(run.Context.Agent, tool.Name, cancellationToken) != catalog.Json)
                await store.SaveCatalogAsync(run.Context.Agent, tool.Name, catalog.Json, cancellationToken);
            return catalog;
        }
        catch (ToolFailure failure)
        {
            run.Tools.Failed(failure.Message);
            throw;
        }
    }

    private async Task<McpCatalog> KeptCatalogAsync(RunAccount run, ToolContract tool, CancellationToken cancellationToken)
    {
        if (await store.FindCatalogAsync(run.Context.Agent, tool.Name, cancellationToken) is { } kept) return new McpCatalog(kept);
        if (tool.Miss != ToolMiss.Readonly) return McpCatalog.Unknown(tool);
        try
        {
            return await servers.CatalogAsync(run.Context.Agent, tool, again: false, cancellationToken);
        }
        catch (ToolFailure)
        {
            return McpCatalog.Unknown(tool);
        }
    }

    private static string OnlyKnown(string name, JsonElement arguments) => Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        if (arguments.ValueKind == JsonValueKind.Object) JsonRpc.Raw(json, "arguments", arguments.GetRawText());
        json.WriteEndObject();
    }).Span);

    // What a client says about a request is no argument of it.
    private static string Normalise(JsonElement parameters, bool isParameters)
    {
        if (parameters.ValueKind != JsonValueKind.Object) return "{}";
        if (!isParameters || !parameters.TryGetProperty("_meta", out _)) return ToolFingerprints.Normalise(parameters);
        using var without = JsonDocument.Parse(Wire.Write(json =>
        {
            json.WriteStartObject();
            foreach (var member in parameters.EnumerateObject())
                if (member.Name != "_meta") JsonRpc.Raw(json, member.Name, member.Value.GetRawText());
            json.WriteEndObject();
        }));
        return ToolFingerprints.Normalise(without.RootElement);
    }

    private static string? Text(JsonElement parameters) => parameters.ValueKind == JsonValueKind.Object ? parameters.GetRawText() : null;

    private static string ErrorResult(string message) => Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("result");
        json.WriteStartArray("content");
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", message);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteBoolean("isError", true);
        json.WriteEndObject();
        json.WriteEndObject();
    }).Span);
}
