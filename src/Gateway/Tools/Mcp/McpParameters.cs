using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>Parameters of MCP requests with another token for progress, or none.</summary>
internal static class McpParameters
{
    /// <param name="parameters">JSON object; null for none.</param>
    /// <param name="token">What progress is to be told under; null for no progress.</param>
    public static string? WithProgress(string? parameters, long? token)
    {
        if (parameters is null && token is null) return null;
        using var document = JsonDocument.Parse(parameters ?? "{}");
        var root = document.RootElement;
        var meta = root.TryObject("_meta");
        if (token is null && meta?.TryGetProperty("progressToken", out _) != true) return parameters;
        return Encoding.UTF8.GetString(Wire.Write(json =>
        {
            json.WriteStartObject();
            foreach (var member in root.EnumerateObject())
                if (member.Name != "_meta") JsonRpc.Raw(json, member.Name, member.Value.GetRawText());
            json.WriteStartObject("_meta");
            if (meta is { } kept)
                foreach (var member in kept.EnumerateObject())
                    if (member.Name != "progressToken") JsonRpc.Raw(json, member.Name, member.Value.GetRawText());
            if (token is { } progress) json.WriteNumber("progressToken", progress);
            json.WriteEndObject();
            json.WriteEndObject();
        }).Span);
    }

    /// <summary>The token that progress of a request is to be told under, JSON; null when it wants none.</summary>
    public static string? ProgressOf(JsonElement parameters) =>
        parameters.TryObject("_meta") is { } meta && meta.TryGetProperty("progressToken", out var token)
        && token.ValueKind is JsonValueKind.String or JsonValueKind.Number ? token.GetRawText() : null;
}
