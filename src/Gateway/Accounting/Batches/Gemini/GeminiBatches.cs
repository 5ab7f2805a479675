using System.Globalization;
using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers.Gemini;

namespace Espalier.Gateway.Accounting.Batches.Gemini;

/// <summary>Google's: a long-running operation with requests and results in its body. Batches of files need Google's file store, which does not go through here.</summary>
internal sealed class GeminiBatches : IBatchApi
{
    private const string Collection = "batches/";

    public string Provider => GeminiProvider.ProviderName;

    public string PricedAs => "google";

    public string Format => WireFormats.Gemini;

    public string PathOf(string id) => $"v1beta/{Collection}{Uri.EscapeDataString(id)}";

    public BatchState? Read(JsonElement answer)
    {
        if (answer.TryText("name") is not { } name || !name.StartsWith(Collection, StringComparison.Ordinal)) return null;
        var metadata = answer.TryObject("metadata");
        var state = metadata?.TryText("state") ?? "";
        var ended = (answer.TryGetProperty("done", out var done) && done.ValueKind == JsonValueKind.True)
            || state.EndsWith("SUCCEEDED", StringComparison.Ordinal) || state.EndsWith("FAILED", StringComparison.Ordinal)
            || state.EndsWith("CANCELLED", StringComparison.Ordinal) || state.EndsWith("EXPIRED", StringComparison.Ordinal);
        return new BatchState
        {
            Id = name[Collection.Length..],
            Ended = ended,
            Inline = [.. Inlined(answer.TryObject("response") ?? metadata?.TryObject("output"))],
        };
    }

    /// <summary>The requests of a body; null for one that is none.</summary>
    public static IEnumerable<BatchLine?> ReadRequests(JsonElement body, string model)
    {
        var input = body.TryObject("batch")?.TryObject("inputConfig") ?? body.TryObject("batch")?.TryObject("input_config");
        if (input?.TryObject("requests") is not { } outer || !outer.TryGetProperty("requests", out var requests) || requests.ValueKind != JsonValueKind.Array) return [null];
        return requests.EnumerateArray().Select(one => one.ValueKind == JsonValueKind.Object && one.TryGetProperty("request", out var asked) ? BatchLine.Of(asked, model) : null);
    }

    private static IEnumerable<string> Inlined(JsonElement? output)
    {
        if (output?.TryObject("inlinedResponses") is not { } outer || !outer.TryGetProperty("inlinedResponses", out var list) || list.ValueKind != JsonValueKind.Array) yield break;
        var position = 0;
        foreach (var one in list.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object) continue;
            // By place, not by the caller's own key: that may come twice.
            var key = (position++).ToString(CultureInfo.InvariantCulture);
            var response = one.TryObject("response");
            yield return response is { } told ? $$"""{"key":"{{key}}","response":{{told.GetRawText()}}}""" : $$"""{"key":"{{key}}"}""";
        }
    }
}
