using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting;

/// <summary>Reads usage in OpenAI Chat's form into disjoint counts.</summary>
/// <remarks><c>prompt_tokens</c> includes cached and cache-written tokens, <c>completion_tokens</c> includes reasoning. Servers whose total
/// is larger than both together count reasoning on top. What is missing stays unknown.</remarks>
internal static class ChatUsage
{
    public static TokenUsage? Read(JsonElement usage)
    {
        if (usage.ValueKind != JsonValueKind.Object || Count(usage, "prompt_tokens") is not { } prompt || Count(usage, "completion_tokens") is not { } completion)
            return null;
        var read = Detail(usage, "prompt_tokens_details", "cached_tokens");
        var written = Detail(usage, "prompt_tokens_details", "cache_write_tokens");
        var reasoning = Detail(usage, "completion_tokens_details", "reasoning_tokens");
        var onTop = Count(usage, "total_tokens") is { } total ? Math.Max(0, total - prompt - completion) : 0;
        return new TokenUsage
        {
            InputUncached = Math.Max(0, prompt - (read ?? 0) - (written ?? 0)),
            CacheRead = read,
            CacheWrite = written,
            OutputText = Math.Max(0, completion - (reasoning ?? 0)),
            OutputReasoning = onTop > 0 ? (reasoning ?? 0) + onTop : reasoning,
        };
    }

    /// <summary>For an answer whose usage never came: a quarter of the bytes. Always to be labelled as estimated.</summary>
    public static TokenUsage Estimate(long inputBytes, long outputBytes) => new()
    {
        InputUncached = (inputBytes + 3) / 4,
        OutputText = (outputBytes + 3) / 4,
    };

    private static long? Detail(JsonElement usage, string details, string name) =>
        usage.TryGetProperty(details, out var found) && found.ValueKind == JsonValueKind.Object ? Count(found, name) : null;

    private static long? Count(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) && count >= 0 ? count : null;
}
