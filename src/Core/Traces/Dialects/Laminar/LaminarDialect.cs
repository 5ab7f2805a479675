using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects.Laminar;

/// <summary>Laminar's SDKs; model spans carry OpenTelemetry's generative keys beside these.</summary>
internal sealed class LaminarDialect : ITraceDialect
{
    private const string Type = "lmnr.span.type";

    public string Name => "laminar";

    public IReadOnlyList<string> Prefixes { get; } = ["lmnr."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Type)
        .Take(SpanField.Conversation, "lmnr.association.properties.session_id")
        .Take(SpanField.User, "lmnr.association.properties.user_id")
        .Take(SpanField.PromptVersion, "lmnr.span.prompt_hash")
        .Note(SpanField.Tool, "name of a tool span")
        .Read(SpanField.Input, "lmnr.span.input", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "lmnr.span.output", (span, value) => span.ReadOutput(value))
        .Take(SpanField.Tags, "lmnr.association.properties.tags");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Type)?.ToUpperInvariant() switch
    {
        "LLM" => SpanKind.Model,
        "TOOL" => SpanKind.Tool,
        "EVALUATOR" or "HUMAN_EVALUATOR" => SpanKind.Evaluator,
        // DEFAULT is a step of which nothing is said; what another convention says of it counts more.
        "DEFAULT" when !span.Attributes.Has("gen_ai.operation.name") && !span.Attributes.Has("traceloop.span.kind") => SpanKind.Chain,
        "PIPELINE" or "EXECUTOR" or "EVALUATION" => SpanKind.Chain,
        _ => null,
    };

    public void Read(SpanDraft span)
    {
        if (span.Kind == SpanKind.Tool) span.Tool ??= span.Attributes.Text("gen_ai.tool.name") ?? span.Item.Name;
        if (KindOf(span) == span.Kind) span.Attributes.Use(Type);
        Rules.Apply(span);
    }
}
