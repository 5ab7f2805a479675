using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers.Anthropic;

namespace Espalier.Gateway.Accounting.Batches.Anthropic;

/// <summary>Anthropic's: requests come in the body, results are a stream of JSON lines.</summary>
internal sealed class AnthropicBatches : IBatchApi
{
    public const string ResultsUrl = "results_url";

    public string Provider => AnthropicProvider.ProviderName;

    public string PricedAs => "anthropic";

    public string Format => WireFormats.Anthropic;

    public string PathOf(string id) => $"v1/messages/batches/{Uri.EscapeDataString(id)}";

    public BatchState? Read(JsonElement answer)
    {
        if (answer.TryText("id") is not { } id || answer.TryText("type") != "message_batch") return null;
        var ended = answer.TryText("processing_status") == "ended";
        return new BatchState { Id = id, Ended = ended, Results = ended && answer.TryText(ResultsUrl) is not null ? [$"{PathOf(id)}/results"] : [] };
    }

    /// <summary>The requests of a body; null for one that is none.</summary>
    public static IEnumerable<BatchLine?> ReadRequests(JsonElement body)
    {
        if (!body.TryGetProperty("requests", out var requests) || requests.ValueKind != JsonValueKind.Array) return [null];
        return requests.EnumerateArray().Select(one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("params", out var asked) ? BatchLine.Of(asked, null) : null);
    }
}
