using Espalier.Contracts.Traces;

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
        .Read(SpanField.Input, "gen_ai.tool.input", (span, value) => span.Kind == SpanKind.Tool && span.ReadInput(value))
        .Read(SpanField.Output, "gen_ai.tool.output", (span, value) => span.Kind == SpanKind.Tool && span.ReadOutput(value))
        .Read(SpanField.Input, "input", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "output", (span, value) => span.ReadOutput(value))
        .Read(SpanField.Input, "mastra.input", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "mastra.output", (span, value) => span.ReadOutput(value))
        .Take(SpanField.Tags, "mastra.tags");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Type)?.ToLowerInvariant() switch
    {
        "agent_run" => SpanKind.Agent,
        "model_generation" or "llm_generation" => SpanKind.ModelAggregate,
        "model_step" => SpanKind.Model,
        "model_chunk" or "llm_chunk" => SpanKind.Chunk,
        "tool_call" or "mcp_tool_call" => SpanKind.Tool,
        "generic" => SpanKind.Chain,
        { } other when other.StartsWith("workflow_", StringComparison.Ordinal) || other.EndsWith("_run", StringComparison.Ordinal) => SpanKind.Chain,
        _ => null,
    };

    public void Read(SpanDraft span)
    {
        if (KindOf(span) is { } kind && kind == span.Kind && kind != SpanKind.Chain) span.Attributes.Use(Type);
        Rules.Apply(span);
    }
}
