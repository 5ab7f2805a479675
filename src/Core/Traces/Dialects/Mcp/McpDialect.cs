using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects.Mcp;

/// <summary>Spans of the Model Context Protocol. A tool's call inside the framework's own span of that tool is one execution.</summary>
/// <remarks><c>mcp.session.id</c> is the protocol's session, no conversation of a user's; it stays among the attributes.</remarks>
internal sealed class McpDialect : ITraceDialect
{
    private const string Method = "mcp.method.name";

    public string Name => "mcp";

    public IReadOnlyList<string> Prefixes { get; } = ["mcp."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Method)
        .Take(SpanField.Operation, Method)
        .Take(SpanField.Tool, "gen_ai.tool.name", "mcp.tool.name")
        .Take(SpanField.PromptName, "gen_ai.prompt.name", "mcp.prompt.name")
        .Read(SpanField.Input, "mcp.tool.arguments", (span, value) => span.Kind == SpanKind.Tool && span.ReadInput(value))
        .Read(SpanField.Output, "mcp.tool.result", (span, value) => span.Kind == SpanKind.Tool && span.ReadOutput(value))
        .Take(SpanField.Input, "mcp.resource.uri");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Method) switch
    {
        "tools/call" => SpanKind.Tool,
        "prompts/get" => SpanKind.Prompt,
        null => null,
        _ => SpanKind.Other,
    };
}
