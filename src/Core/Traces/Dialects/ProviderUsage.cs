using System.Text.Json;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Reads usage as the providers' own interfaces tell it, each with its own idea of what includes what.</summary>
internal static class ProviderUsage
{
    /// <summary>Fills what is unknown; false when the object is none of the known forms.</summary>
    public static bool Read(JsonElement told, UsageDraft usage)
    {
        // OpenAI's chat completions: the prompt includes what was cached, the completion includes reasoning.
        if (Json.Count(told, "prompt_tokens", "promptTokens") is { } prompt)
        {
            var details = Json.Get(told, "prompt_tokens_details", "promptTokensDetails") ?? default;
            var more = Json.Get(told, "completion_tokens_details", "completionTokensDetails") ?? default;
            Fill(usage, prompt, Json.Count(told, "completion_tokens", "completionTokens"), Json.Count(details, "cached_tokens", "cachedTokens"), null, Json.Count(more, "reasoning_tokens", "reasoningTokens"));
            usage.InputAudio ??= Json.Count(details, "audio_tokens");
            usage.OutputAudio ??= Json.Count(more, "audio_tokens");
            return true;
        }

        // Gemini: the prompt includes what was cached, thoughts are beside the candidates, what tools brought in beside the prompt.
        if (Json.Count(told, "promptTokenCount", "prompt_token_count") is { } gemini)
        {
            var thoughts = Json.Count(told, "thoughtsTokenCount", "thoughts_token_count");
            var candidates = Json.Count(told, "candidatesTokenCount", "candidates_token_count");
            Fill(usage, gemini + (Json.Count(told, "toolUsePromptTokenCount", "tool_use_prompt_token_count") ?? 0), candidates is null && thoughts is null ? null : (candidates ?? 0) + (thoughts ?? 0),
                Json.Count(told, "cachedContentTokenCount", "cached_content_token_count"), null, thoughts);
            return true;
        }

        if (Json.Count(told, "input_tokens") is not { } input) return false;
        var cached = Json.Count(told, "cache_read_input_tokens");
        var written = Json.Count(told, "cache_creation_input_tokens");
        // Anthropic: what came from or went to a cache is beside the input.
        if (cached is not null || written is not null)
        {
            var hour = Json.Get(told, "cache_creation") is { ValueKind: JsonValueKind.Object } lives ? Json.Count(lives, "ephemeral_1h_input_tokens") : null;
            usage.CacheWriteHour ??= hour > 0 ? hour : null;
            Fill(usage, input + (cached ?? 0) + (written ?? 0), Json.Count(told, "output_tokens"), cached, written - (hour ?? 0), null);
            return true;
        }

        // OpenAI's responses, and those that copy it.
        var inner = Json.Get(told, "input_tokens_details", "input_token_details") ?? default;
        var outer = Json.Get(told, "output_tokens_details", "output_token_details") ?? default;
        Fill(usage, input, Json.Count(told, "output_tokens"), Json.Count(inner, "cached_tokens", "cache_read"), Json.Count(inner, "cache_creation"), Json.Count(outer, "reasoning_tokens", "reasoning"));
        return true;
    }

    private static void Fill(UsageDraft usage, long? input, long? output, long? cacheRead, long? cacheWrite, long? reasoning)
    {
        usage.Input ??= input;
        usage.Output ??= output;
        usage.CacheRead ??= cacheRead;
        usage.CacheWrite ??= cacheWrite < 0 ? 0 : cacheWrite;
        usage.Reasoning ??= reasoning;
    }
}
