using System.Collections.Frozen;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.GenAi;

/// <summary>OpenTelemetry's generative conventions, from the first (prompt and completion tokens) over messages as events to 1.41.</summary>
internal sealed class GenAiDialect : ITraceDialect
{
    private const string OperationKey = "gen_ai.operation.name";

    private static readonly FrozenDictionary<string, SpanKind> Kinds = new Dictionary<string, SpanKind>(StringComparer.OrdinalIgnoreCase)
    {
        ["chat"] = SpanKind.Model,
        ["text_completion"] = SpanKind.Model,
        ["completion"] = SpanKind.Model,
        ["generate_content"] = SpanKind.Model,
        ["responses"] = SpanKind.Model,
        ["embeddings"] = SpanKind.Embedding,
        ["embedding"] = SpanKind.Embedding,
        ["execute_tool"] = SpanKind.Tool,
        ["invoke_agent"] = SpanKind.Agent,
        ["create_agent"] = SpanKind.Other,
        ["invoke_workflow"] = SpanKind.Chain,
        ["agent_step"] = SpanKind.Chain,
        ["execute_node"] = SpanKind.Chain,
        ["retrieval"] = SpanKind.Retrieval,
        ["rerank"] = SpanKind.Rerank,
        ["handoff"] = SpanKind.Handoff,
        ["guardrail"] = SpanKind.Guardrail,
        ["apply_guardrail"] = SpanKind.Guardrail,
        ["evaluate"] = SpanKind.Evaluator,
        ["memory"] = SpanKind.Memory,
        ["search_memory"] = SpanKind.Memory,
        ["create_memory"] = SpanKind.Memory,
        ["update_memory"] = SpanKind.Memory,
        ["upsert_memory"] = SpanKind.Memory,
        ["delete_memory"] = SpanKind.Memory,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public string Name => "gen_ai";

    public IReadOnlyList<string> Prefixes { get; } = ["gen_ai."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, OperationKey)
        .Take(SpanField.Operation, OperationKey)
        .Take(SpanField.Conversation, "gen_ai.conversation.id", "gen_ai.session.id")
        .Take(SpanField.User, "gen_ai.user.id")
        .Take(SpanField.AgentName, "gen_ai.agent.name")
        .Take(SpanField.AgentVersion, "gen_ai.agent.version")
        .Take(SpanField.PromptName, "gen_ai.prompt.name")
        .Take(SpanField.PromptVersion, "gen_ai.prompt.version")
        .Read(SpanField.Provider, "gen_ai.provider.name", ReadProvider)
        .Read(SpanField.Provider, "gen_ai.system", ReadProvider)
        .Take(SpanField.ModelRequested, "gen_ai.request.model")
        .Take(SpanField.Model, "gen_ai.response.model")
        .Take(SpanField.ResponseId, "gen_ai.response.id")
        .Take(SpanField.InputTokens, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
        .Take(SpanField.OutputTokens, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
        .Take(SpanField.CacheReadTokens, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.cached_input_tokens", "gen_ai.usage.input_tokens.cached", "gen_ai.usage.cached_tokens")
        .Take(SpanField.CacheWriteTokens, "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_write_input_tokens", "gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.details.cache_creation_input_tokens")
        .Take(SpanField.ReasoningTokens, "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.output_tokens.reasoning")
        .Take(SpanField.InputAudioTokens, "gen_ai.usage.details.input_audio_tokens")
        .Take(SpanField.OutputAudioTokens, "gen_ai.usage.details.output_audio_tokens")
        .Take(SpanField.Cost, "gen_ai.usage.cost", "gen_ai.usage.total_cost")
        .Note(SpanField.Cost, "gen_ai.usage.input_cost + gen_ai.usage.output_cost")
        .Take(SpanField.FinishReasons, "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason", "anthropic.message.stop_reason")
        .Read(SpanField.Input, "gen_ai.system_instructions", (span, value) => span.ReadInstructions(value))
        .Read(SpanField.Input, "gen_ai.input.messages", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "gen_ai.output.messages", (span, value) => span.ReadOutput(value))
        .Read(SpanField.Input, "gen_ai.prompt", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "gen_ai.completion", (span, value) => span.ReadOutput(value))
        .Note(SpanField.Input, "event or log gen_ai.system.message, .user.message, .assistant.message, .tool.message", "event gen_ai.content.prompt")
        .Note(SpanField.Output, "event or log gen_ai.choice", "event gen_ai.content.completion")
        .Take(SpanField.ToolDefinitions, "gen_ai.tool.definitions", "gen_ai.request.tools")
        .Take(SpanField.Streaming, "gen_ai.request.stream", "gen_ai.request.is_stream")
        .Read(SpanField.TimeToFirstToken, "gen_ai.response.time_to_first_chunk", ReadFirstChunk)
        .Read(SpanField.TimeToFirstToken, "gen_ai.client.operation.time_to_first_chunk", ReadFirstChunk)
        .Read(SpanField.TimeToFirstToken, "gen_ai.server.time_to_first_token", ReadFirstChunk)
        .Take(SpanField.Tool, "gen_ai.tool.name")
        .Take(SpanField.ToolCallId, "gen_ai.tool.call.id")
        .Read(SpanField.Input, "gen_ai.tool.call.arguments", ReadArguments)
        .Read(SpanField.Output, "gen_ai.tool.call.result", (span, value) => span.ReadOutput(value))
        .Note(SpanField.Handoff, "gen_ai.tool.name: transfer_to_*")
        .Read(SpanField.Input, "gen_ai.retrieval.query.text", (span, value) => span.Set(SpanField.Input, value))
        .Read(SpanField.Documents, "gen_ai.retrieval.documents", (span, value) => span.WithJson(value, "documents", span.ReadDocuments))
        .Note(SpanField.Feedback, "event or log gen_ai.evaluation.result")
        .Note(SpanField.Error, "log gen_ai.client.operation.exception");

    public SpanKind? KindOf(SpanDraft span)
    {
        if (span.Attributes.Text(OperationKey) is not { } operation || !Kinds.TryGetValue(operation, out var kind)) return null;
        return kind == SpanKind.Tool && Handoffs.IsTransfer(span.Attributes.Text("gen_ai.tool.name")) ? SpanKind.Handoff : kind;
    }

    public void Read(SpanDraft span)
    {
        if (span.Kind == SpanKind.Handoff && span.Attributes.Text("gen_ai.tool.name") is { } tool && Handoffs.IsTransfer(tool))
            span.Handoff ??= Handoffs.Of(tool, span.Attributes["gen_ai.tool.call.arguments"]);
        Rules.Apply(span);
        if (span.Cost is null && span.Attributes["gen_ai.usage.input_cost"].AsNumber() is { } input && span.Attributes["gen_ai.usage.output_cost"].AsNumber() is { } output) span.SetCost(input + output);
        GenAiEvents.ReadAll(span);
        span.ReadInstructionsAlone();
    }

    public bool ReadRecord(SpanDraft record)
    {
        var isKnown = GenAiEvents.ReadRecord(record);
        if (!isKnown) return false;
        record.ResponseId ??= record.Attributes.Text("gen_ai.response.id");
        return true;
    }

    private static bool ReadProvider(SpanDraft span, AttributeValue value)
    {
        var told = value.AsText();
        span.Provider ??= ProviderNames.Of(told);
        return span.Provider == told;
    }

    private static bool ReadArguments(SpanDraft span, AttributeValue value) => span.Input is null ? span.ReadInput(value) : value.AsText() == span.Input;

    // In seconds.
    private static bool ReadFirstChunk(SpanDraft span, AttributeValue value)
    {
        if (value.AsNumber() is not (>= 0 and < 1e6) || span.TimeToFirstToken is not null) return false;
        span.TimeToFirstToken = TimeSpan.FromSeconds(value.AsNumber()!.Value);
        span.Streaming ??= true;
        return true;
    }
}
