using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools;

/// <summary>The forms in which answers of tools are kept.</summary>
internal static class ToolAnswers
{
    public const string SimulatedMark = "espalier/simulated";

    private const int ShownError = 300;

    /// <summary>What went wrong by an answer's own word: a JSON-RPC error, a result marked as one, or a status from 400 on.</summary>
    public static string? ErrorOf(string answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        if (root.TryObject("error") is { } error) return Cut(error.TryText("message") ?? "the tool reported an error");
        if (root.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number)
            return status.GetInt32() is >= 400 and var code ? $"HTTP status {code}" : null;
        if (root.TryObject("result") is not { } result || !result.TryGetProperty("isError", out var failed) || failed.ValueKind != JsonValueKind.True) return null;
        var text = result.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array
            ? content.EnumerateArray().Select(part => part.TryText("text")).FirstOrDefault(part => part is not null) : null;
        return Cut(text ?? "the tool reported an error");
    }

    /// <summary>The answer, saying of itself that it was given to other arguments.</summary>
    public static string MarkSimulated(string answer, string arguments)
    {
        var node = JsonNode.Parse(answer)!.AsObject();
        if (node["result"] is JsonObject result)
        {
            if (result["_meta"] is not JsonObject meta) result["_meta"] = meta = [];
            meta[SimulatedMark] = new JsonObject { ["recorded_arguments"] = JsonNode.Parse(arguments) };
        }
        else if (node["headers"] is JsonObject headers)
        {
            headers["x-espalier-tool"] = "simulated";
        }

        return node.ToJsonString();
    }

    private static string Cut(string text) => text.Length <= ShownError ? text : $"{text[..ShownError]}...";
}
