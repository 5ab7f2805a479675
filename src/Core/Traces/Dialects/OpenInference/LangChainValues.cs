using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.OpenInference;

/// <summary>What LangChain's serialized values say beyond the flattened keys: ids of calls and answers, the model that answered, usage.</summary>
internal static class LangChainValues
{
    /// <summary>The result of a tool and the request that it answers, out of a tool message.</summary>
    public static bool ReadToolMessage(SpanDraft span, AttributeValue value)
    {
        var isRead = false;
        span.WithJson(value, "output", told =>
        {
            var message = Json.Get(told, "output") is { ValueKind: JsonValueKind.Object } inner ? inner : told;
            if (Json.Get(message, "kwargs") is { ValueKind: JsonValueKind.Object } kwargs) message = kwargs;
            if (Json.Text(message, "tool_call_id") is not { } id || Json.Get(message, "content") is not { } content) return true;
            span.ToolCallId ??= id.Length > 0 ? id : null;
            span.Output ??= Json.Plain(content);
            isRead = span.Output is not null;
            return true;
        });
        return isRead;
    }

    /// <summary><c>{"generations":[[{"message":{"kwargs":{...}}}]],"llmOutput":{...}}</c></summary>
    public static void ReadResult(SpanDraft span, JsonElement told)
    {
        if (Json.Get(told, "generations") is not { ValueKind: JsonValueKind.Array } generations || generations.GetArrayLength() == 0) return;
        var first = generations[0];
        if (first.ValueKind == JsonValueKind.Array && first.GetArrayLength() > 0) first = first[0];
        if (Json.Get(first, "message") is not { ValueKind: JsonValueKind.Object } message) return;
        if (Json.Get(message, "kwargs") is { ValueKind: JsonValueKind.Object } kwargs) message = kwargs;
        var metadata = Json.Get(message, "response_metadata") ?? default;
        // Where the provider gives no id, LangChain makes one up for its run.
        if (Json.Text(message, "id") is { } id && !id.StartsWith("run-", StringComparison.Ordinal) && !id.StartsWith("lc_run-", StringComparison.Ordinal)) span.ResponseId ??= id;
        span.Model ??= Json.Text(metadata, "model_name", "model");
        if (Json.Get(message, "usage_metadata") is { } usage) ReadUsage(span, usage);
        if (Json.Get(told, "llmOutput", "llm_output") is { } output && Json.Get(output, "tokenUsage", "token_usage", "usage") is { } tokens) ProviderUsage.Read(tokens, span.Usage);
        if (Json.Text(metadata, "finish_reason", "stop_reason") is { Length: > 0 } reason) span.FinishReasons ??= [reason];
        if (Json.Get(message, "tool_calls") is { ValueKind: JsonValueKind.Array } calls) Name(span, calls);
    }

    // Input and output as totals, details as parts of them.
    private static void ReadUsage(SpanDraft span, JsonElement usage)
    {
        var inner = Json.Get(usage, "input_token_details") ?? default;
        span.Usage.Input ??= Json.Count(usage, "input_tokens");
        span.Usage.Output ??= Json.Count(usage, "output_tokens");
        span.Usage.CacheRead ??= Json.Count(inner, "cache_read");
        span.Usage.CacheWrite ??= Json.Count(inner, "cache_creation");
        span.Usage.Reasoning ??= Json.Count(Json.Get(usage, "output_token_details") ?? default, "reasoning");
    }

    // The flattened keys leave the ids of the requests out.
    private static void Name(SpanDraft span, JsonElement calls)
    {
        if (span.RequestedTools is not { Count: > 0 } tools || tools.Count != calls.GetArrayLength()) return;
        span.RequestedTools = [.. tools.Zip(calls.EnumerateArray(), (tool, call) => tool.Id is null && Json.Text(call, "name") == tool.Name ? tool with { Id = Json.Text(call, "id") } : tool)];
    }
}
