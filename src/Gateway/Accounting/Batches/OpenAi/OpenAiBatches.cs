using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Accounting.Batches.OpenAi;

/// <summary>OpenAI's: requests and results are files of JSON lines.</summary>
internal sealed class OpenAiBatches : IBatchApi
{
    public string Provider => OpenAiProvider.ProviderName;

    public string PricedAs => "openai";

    public string Format => WireFormats.OpenAiChat;

    public static string PathOfFile(string id) => $"files/{Uri.EscapeDataString(id)}";

    public string PathOf(string id) => $"batches/{Uri.EscapeDataString(id)}";

    public BatchState? Read(JsonElement answer)
    {
        if (answer.TryText("id") is not { } id || answer.TryText("object") != "batch") return null;
        var output = answer.TryText("output_file_id");
        return new BatchState
        {
            Id = id,
            // A batch that expired or was cancelled has results too: those that were done by then.
            Ended = answer.TryText("status") is "completed" or "failed" or "expired" or "cancelled",
            Results = output is null ? [] : [$"{PathOfFile(output)}/content"],
            Files = [.. ((string?[])[output, answer.TryText("error_file_id")]).OfType<string>()],
        };
    }

    /// <summary>One line of a file of requests; null when it is none.</summary>
    public static BatchLine? ReadLine(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("body", out var body) ? BatchLine.Of(body, null) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
