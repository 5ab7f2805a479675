using System.Globalization;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.Mastra;

/// <summary>Mastra's exporter: its own span types beside OpenTelemetry's generative keys.</summary>
/// <remarks>Usage stands on <c>model_generation</c> alone, which wraps all calls of a loop; its steps have none.</remarks>
internal sealed class MastraDialect : ITraceDialect
{
    private const string Type = "mastra.span.type";

    public string Name => "mastra";

    public IReadOnlyList<string> Prefixes { get; } = ["mastra."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Type)
        .Take(SpanField.Conversation, "mastra.metadata.sessionId", "mastra.metadata.threadId", "mastra.threadId")
        .Take(SpanField.User, "mastra.metadata.userId", "mastra.metadata.resourceId", "mastra.resourceId")
        .Take(SpanField.AgentVersion, "mastra.metadata.agent_version", "mastra.metadata.agentVersion")
        .Read(SpanField.ModelRequested, "mastra.metadata.modelMetadata", ReadModel)
        .Note(SpanField.Input, "mastra.(type).input")
        .Note(SpanField.Output, "mastra.(type).output")
        .Read(SpanField.Input, "gen_ai.tool.input", (span, value) => span.Kind == SpanKind.Tool && span.ReadInput(value))
        .Read(SpanField.Output, "gen_ai.tool.output", (span, value) => span.Kind == SpanKind.Tool && span.ReadOutput(value))
        .Read(SpanField.Input, "input", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "output", (span, value) => span.ReadOutput(value))
        .Read(SpanField.TimeToFirstToken, "mastra.completion_start_time", ReadFirstToken)
        .Note(SpanField.Tool, "mastra.(type).toolId")
        .Take(SpanField.InputAudioTokens, "gen_ai.usage.audio_input_tokens")
        .Take(SpanField.OutputAudioTokens, "gen_ai.usage.audio_output_tokens")
        .Take(SpanField.Tags, "mastra.tags");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Type)?.ToLowerInvariant() switch
    {
        "agent_run" => SpanKind.Agent,
        "model_generation" or "llm_generation" => SpanKind.ModelAggregate,
        "model_step" or "model_inference" => SpanKind.Model,
        "model_chunk" or "llm_chunk" => SpanKind.Chunk,
        "tool_call" or "mcp_tool_call" or "provider_tool_call" => SpanKind.Tool,
        "rag_embedding" => SpanKind.Embedding,
        "memory_operation" => SpanKind.Memory,
        "generic" => SpanKind.Chain,
        { } other when other.StartsWith("scorer", StringComparison.Ordinal) => SpanKind.Evaluator,
        { } other when other.StartsWith("workflow_", StringComparison.Ordinal) || other.EndsWith("_run", StringComparison.Ordinal) => SpanKind.Chain,
        _ => null,
    };

    public void Read(SpanDraft span)
    {
        if (span.Attributes.Text(Type)?.ToLowerInvariant() is { } type)
        {
            if (KindOf(span) is { } kind && kind == span.Kind && kind != SpanKind.Chain) span.Attributes.Use(Type);
            if (span.Kind == SpanKind.Tool) span.Tool ??= span.Attributes.Text("gen_ai.tool.name") ?? span.Attributes.Text($"mastra.{type}.toolId");
            if (span.Kind == SpanKind.Tool) span.ToolCallId ??= span.Attributes.Text("gen_ai.tool.call.id") ?? span.Attributes.Text($"mastra.{type}.toolCallId");
            FieldRules.Apply(span, $"mastra.{type}.input", (one, value) => one.ReadInput(value));
            FieldRules.Apply(span, $"mastra.{type}.output", (one, value) => one.ReadOutput(value));
            // The step's own name for its kind is no operation of the convention.
            if (span.Kind is SpanKind.Model or SpanKind.ModelAggregate) span.Operation ??= "chat";
        }

        Rules.Apply(span);
    }

    private static bool ReadModel(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "model", told =>
        {
            span.ModelRequested ??= span.Attributes.Text("gen_ai.request.model") ?? Json.Text(told, "modelId");
            span.Provider ??= ProviderNames.Of(span.Attributes.Text("gen_ai.provider.name") ?? Json.Text(told, "modelProvider"));
            return true;
        });
        return false;
    }

    private static bool ReadFirstToken(SpanDraft span, AttributeValue value)
    {
        if (!DateTimeOffset.TryParse(value.AsText(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)) return false;
        var start = Times.Of(span.Item.Start);
        if (at < start) return false;
        span.TimeToFirstToken ??= at - start;
        span.Streaming ??= true;
        return true;
    }
}
