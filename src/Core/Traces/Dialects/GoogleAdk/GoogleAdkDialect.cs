using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.GoogleAdk;

/// <summary>Google's Agent Development Kit: requests and answers of Gemini whole, beside some of OpenTelemetry's generative keys.</summary>
/// <remarks>Its <c>gen_ai.usage.output_tokens</c> leaves the thoughts out; the answer's own metadata has them. Read before the general keys.</remarks>
internal sealed class GoogleAdkDialect : ITraceDialect
{
    private const string Scope = "gcp.vertex.agent";
    private const string Transfer = "transfer_to_agent";

    public string Name => "google-adk";

    public IReadOnlyList<string> Prefixes { get; } = ["gcp.vertex.agent."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, "name: call_llm, invocation, agent_run *")
        .Take(SpanField.Conversation, "gcp.vertex.agent.session_id")
        .Note(SpanField.InputTokens, "gcp.vertex.agent.llm_response (JSON: usageMetadata)")
        .Note(SpanField.ReasoningTokens, "gcp.vertex.agent.llm_response (JSON: usageMetadata.thoughtsTokenCount)")
        .Read(SpanField.Input, "gcp.vertex.agent.llm_request", ReadRequest)
        .Read(SpanField.Output, "gcp.vertex.agent.llm_response", ReadResponse)
        .Read(SpanField.Input, "gcp.vertex.agent.tool_call_args", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "gcp.vertex.agent.tool_response", ReadToolResponse)
        .Note(SpanField.Handoff, "gen_ai.tool.name: transfer_to_agent");

    public bool KnowsScope(string scope) => scope == Scope;

    public SpanKind? KindOf(SpanDraft span)
    {
        var name = span.Item.Name;
        if (name == "call_llm") return SpanKind.Model;
        if (span.Attributes.Text("gen_ai.tool.name") == Transfer) return SpanKind.Handoff;
        if (name.StartsWith("agent_run", StringComparison.Ordinal)) return SpanKind.Agent;
        return name == "invocation" ? SpanKind.Chain : null;
    }

    public void Read(SpanDraft span)
    {
        if (span.Kind == SpanKind.Model) span.Operation ??= span.Attributes.Text("gen_ai.operation.name") ?? "chat";
        if (span.Kind == SpanKind.Handoff) span.Handoff ??= Handoffs.Of(Transfer, span.Attributes["gcp.vertex.agent.tool_call_args"]);
        if (span.Kind == SpanKind.Agent && span.Item.Name.IndexOf('[') is > 0 and var open) span.AgentName ??= span.Attributes.Text("gen_ai.agent.name") ?? span.Item.Name[(open + 1)..].TrimEnd(']');
        Rules.Apply(span);
    }

    private static bool ReadRequest(SpanDraft span, AttributeValue value)
    {
        if (IsEmpty(value)) return true;
        if (span.Kind != SpanKind.Model) return false;
        var isRead = span.WithJson(value, "input", told =>
        {
            if (Json.Get(told, "config") is { } config && Json.Get(config, "tools") is { ValueKind: JsonValueKind.Array } tools) span.ToolDefinitions ??= tools.GetRawText();
            span.ModelRequested ??= Json.Text(told, "model");
            span.Remainder = Remainders.OfRequest(told, withTools: false);
            return span.ReadInputMessages(told);
        });
        return isRead || (span.Input is null && span.ReadInput(value));
    }

    private static bool ReadResponse(SpanDraft span, AttributeValue value)
    {
        if (IsEmpty(value)) return true;
        if (span.Kind != SpanKind.Model) return false;
        return span.WithJson(value, "output", told =>
        {
            if (Json.Get(told, "usageMetadata", "usage_metadata") is { } usage) ProviderUsage.Read(usage, span.Usage);
            // Only pieces of a streamed answer say whether they are partial.
            if (Json.Get(told, "partial") is { ValueKind: JsonValueKind.True or JsonValueKind.False }) span.Streaming ??= true;
            span.ResponseId ??= Json.Text(told, "responseId", "response_id");
            span.Model ??= Json.Text(told, "modelVersion", "model_version");
            var isWhole = Json.Get(told, "content") is null || span.ReadAnswer(told);
            // The framework adds this tool itself, and tells of its call as a hand-over.
            if (span.RequestedTools is { Count: > 0 } tools && tools.Any(tool => tool.Name == Transfer))
                span.RequestedTools = tools.Where(tool => tool.Name != Transfer).ToList() is { Count: > 0 } own ? own : null;
            span.Remainder = Remainders.OfAnswer(told);
            return isWhole;
        });
    }

    // A function's answer has to be an object for Gemini; the framework wraps what is none.
    private static bool ReadToolResponse(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "output", told =>
        {
            if (span.Kind == SpanKind.Tool && told.ValueKind == JsonValueKind.Object && told.EnumerateObject().Count() == 1 && Json.Get(told, "result", "results") is { } wrapped) span.Output ??= Json.Plain(wrapped);
            return true;
        });
        return span.Output is null && span.ReadOutput(value);
    }

    private static bool IsEmpty(AttributeValue value) => value.Is("{}"u8);
}
