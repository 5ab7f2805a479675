using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>One request of a batch, as far as its price goes.</summary>
/// <param name="Model">As the provider knows it.</param>
/// <param name="Body">The request.</param>
/// <param name="MaxTokens">Most output that it asks for; null when it sets no limit.</param>
internal sealed record BatchLine(string Model, ReadOnlyMemory<byte> Body, long? MaxTokens)
{
    // Each wire has another word for it.
    private static readonly string[] Limits = ["max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens"];

    /// <summary>Null when it names no model.</summary>
    public static BatchLine? Of(JsonElement request, string? model)
    {
        if (request.ValueKind != JsonValueKind.Object) return null;
        model ??= request.TryText("model");
        return model is { Length: > 0 } ? new BatchLine(model, System.Text.Encoding.UTF8.GetBytes(request.GetRawText()), Most(request)) : null;
    }

    private static long? Most(JsonElement request)
    {
        if (request.TryGetProperty("generationConfig", out var inside) && inside.ValueKind == JsonValueKind.Object) request = inside;
        long? most = null;
        foreach (var name in Limits)
            if (request.TryGetProperty(name, out var limit) && limit.ValueKind == JsonValueKind.Number && limit.TryGetInt64(out var told) && told > 0) most = Math.Max(most ?? 0, told);
        return most;
    }
}
