using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.Langfuse;

/// <summary>Langfuse's observations, as its SDKs since version 3 export them.</summary>
/// <remarks>Usage comes in buckets that exclude each other: <c>input</c> does not include <c>input_cached_tokens</c>.</remarks>
internal sealed class LangfuseDialect : ITraceDialect
{
    private const string Type = "langfuse.observation.type";
    private const string Parameters = "langfuse.observation.model.parameters";

    public string Name => "langfuse";

    public IReadOnlyList<string> Prefixes { get; } = ["langfuse."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Type)
        .Take(SpanField.Conversation, "langfuse.session.id", "session.id")
        .Take(SpanField.User, "langfuse.user.id", "user.id")
        .Note(SpanField.AgentName, "name of an agent observation")
        .Take(SpanField.AgentVersion, "langfuse.version", "langfuse.release")
        .Take(SpanField.PromptName, "langfuse.observation.prompt.name")
        .Take(SpanField.PromptVersion, "langfuse.observation.prompt.version")
        .Read(SpanField.Streaming, Parameters, ReadParameters)
        .Read(SpanField.TimeToFirstToken, "langfuse.observation.completion_start_time", ReadFirstToken)
        .Read(SpanField.Error, "langfuse.observation.level", ReadLevel)
        .Read(SpanField.Model, "langfuse.observation.model.name", ReadModel)
        .Read(SpanField.InputTokens, "langfuse.observation.usage_details", ReadUsage)
        .Read(SpanField.Cost, "langfuse.observation.cost_details", ReadCost)
        .Read(SpanField.Input, "langfuse.observation.input", ReadInput)
        .Read(SpanField.Output, "langfuse.observation.output", ReadOutput)
        .Read(SpanField.Input, "langfuse.trace.input", (span, value) => IsRoot(span) && span.ReadInput(value))
        .Read(SpanField.Output, "langfuse.trace.output", (span, value) => IsRoot(span) && span.ReadOutput(value))
        .Note(SpanField.Tool, "name of a tool observation")
        .Take(SpanField.ToolCallId, "langfuse.observation.metadata.call_id", "langfuse.observation.metadata.tool_call_id")
        .Note(SpanField.Documents, "langfuse.observation.output")
        .Note(SpanField.GuardrailTriggered, "langfuse.observation.output")
        .Take(SpanField.Environment, "langfuse.environment")
        .Take(SpanField.Tags, "langfuse.trace.tags");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Type)?.ToLowerInvariant() switch
    {
        "generation" => SpanKind.Model,
        "embedding" => SpanKind.Embedding,
        "agent" => SpanKind.Agent,
        "tool" => SpanKind.Tool,
        "span" or "chain" => SpanKind.Chain,
        "retriever" => SpanKind.Retrieval,
        "guardrail" => SpanKind.Guardrail,
        "evaluator" => SpanKind.Evaluator,
        // An observation without a duration; our events are log records.
        "event" => SpanKind.Other,
        _ => null,
    };

    public void Read(SpanDraft span)
    {
        if (span.Attributes.Has(Type)) span.Attributes.Use(Type);
        if (span.Kind == SpanKind.Agent) span.AgentName ??= span.Item.Name;
        if (span.Kind == SpanKind.Tool) span.Tool ??= span.Item.Name;
        span.Workflow ??= span.Attributes.Text("langfuse.trace.name");
        Rules.Apply(span);
    }

    private static bool IsRoot(SpanDraft span) => span.Item.ParentId is null && span.Kind is SpanKind.Agent or SpanKind.Chain;

    // The parameters themselves stay among the attributes.
    private static bool ReadParameters(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "parameters", told =>
        {
            if (Json.Get(told, "stream") is { ValueKind: JsonValueKind.True }) span.Streaming ??= true;
            return true;
        });
        return false;
    }

    private static bool ReadFirstToken(SpanDraft span, AttributeValue value)
    {
        span.Streaming ??= true;
        if (!DateTimeOffset.TryParse(value.AsText()?.Trim('"'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return false;
        var start = DateTimeOffset.UnixEpoch.AddTicks((long)(span.Item.Start / 100));
        if (at < start) return false;
        span.TimeToFirstToken ??= at - start;
        return true;
    }

    private static bool ReadLevel(SpanDraft span, AttributeValue value)
    {
        if (!value.Is("ERROR"u8)) return false;
        span.Error ??= span.Attributes.Text("langfuse.observation.status_message") ?? "error";
        return span.Set(SpanField.Error, span.Attributes["langfuse.observation.status_message"]);
    }

    // The SDK puts the requested model there and, unless the answer is streamed or fails, writes over it the one that answered.
    private static bool ReadModel(SpanDraft span, AttributeValue value) =>
        span.Set(span.Error is null && span.Streaming != true && span.Attributes.Has("langfuse.observation.output") ? SpanField.Model : SpanField.ModelRequested, value);

    private static bool ReadUsage(SpanDraft span, AttributeValue value) => span.WithJson(value, "usage", told =>
    {
        if (span.Usage.Input is not null || told.ValueKind != JsonValueKind.Object) return false;
        if (ProviderUsage.Read(told, span.Usage)) return true;
        long? input = null, output = null;
        foreach (var bucket in told.EnumerateObject())
        {
            if (Json.Count(told, bucket.Name) is not { } count) continue;
            if (bucket.Name.StartsWith("input", StringComparison.Ordinal) || bucket.Name.StartsWith("cache_", StringComparison.Ordinal)) input = (input ?? 0) + count;
            else if (bucket.Name.StartsWith("output", StringComparison.Ordinal)) output = (output ?? 0) + count;
        }

        // Some integrations hand over counts that include each other; the total tells them.
        if (Json.Count(told, "total") is { } total && Json.Count(told, "input") + Json.Count(told, "output") == total)
            (input, output) = (Json.Count(told, "input"), Json.Count(told, "output"));
        span.Usage.Input = input;
        span.Usage.Output ??= output;
        span.Usage.CacheRead ??= Json.Count(told, "input_cached_tokens", "input_cache_read", "cache_read_input_tokens", "input_cached");
        span.Usage.CacheWrite ??= Json.Count(told, "input_cache_creation", "cache_creation_input_tokens", "input_cache_write");
        span.Usage.InputAudio ??= Json.Count(told, "input_audio_tokens", "input_audio");
        span.Usage.Reasoning ??= Json.Count(told, "output_reasoning_tokens", "output_reasoning");
        span.Usage.OutputAudio ??= Json.Count(told, "output_audio_tokens", "output_audio");
        return true;
    });

    private static bool ReadCost(SpanDraft span, AttributeValue value) => span.WithJson(value, "cost", told =>
    {
        var total = Json.Number(told, "total");
        if (total is null && told.ValueKind == JsonValueKind.Object)
            foreach (var bucket in told.EnumerateObject())
                if (Json.Number(told, bucket.Name) is { } part) total = (total ?? 0) + part;
        return span.SetCost(total);
    });

    private static bool ReadInput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind == SpanKind.Model)
            span.WithJson(value, "input", told =>
            {
                if (Json.Get(told, "tools") is { ValueKind: JsonValueKind.Array } tools) span.ToolDefinitions ??= tools.GetRawText();
                return true;
            });
        return span.ReadInput(value);
    }

    private static bool ReadOutput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind == SpanKind.Guardrail)
            span.WithJson(value, "output", told =>
            {
                if (Json.Get(told, "triggered") is { ValueKind: JsonValueKind.True or JsonValueKind.False } triggered) span.GuardrailTriggered ??= triggered.GetBoolean();
                else if (Json.Get(told, "passed") is { ValueKind: JsonValueKind.True or JsonValueKind.False } passed) span.GuardrailTriggered ??= !passed.GetBoolean();
                return true;
            });
        return span.ReadOutput(value);
    }
}
