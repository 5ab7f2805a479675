using System.Text.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>Takes answers out of their messages.</summary>
internal static class McpAnswers
{
    /// <summary>JSON object with <c>result</c> or <c>error</c>, as they came.</summary>
    public static string Of(JsonElement message)
    {
        if (message.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object) return $$"""{"error":{{error.GetRawText()}}}""";
        return message.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Object
            ? JsonRpc.Result(result.GetRawText())
            : """{"error":{"code":-32603,"message":"The tool server answered with neither a result nor an error."}}""";
    }
}
