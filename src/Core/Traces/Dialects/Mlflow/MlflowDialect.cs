using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.Mlflow;

/// <summary>MLflow's tracing. Every value is JSON within a text, plain texts too.</summary>
internal sealed class MlflowDialect : ITraceDialect
{
    private const string Type = "mlflow.spanType";

    public string Name => "mlflow";

    public IReadOnlyList<string> Prefixes { get; } = ["mlflow."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Type)
        .Read(SpanField.Conversation, "mlflow.trace.session", Unquoted(SpanField.Conversation))
        .Read(SpanField.User, "mlflow.trace.user", Unquoted(SpanField.User))
        .Note(SpanField.AgentName, "name of an agent span")
        .Note(SpanField.Tool, "name of a tool span")
        .Read(SpanField.ModelRequested, "mlflow.llm.model", Unquoted(SpanField.ModelRequested))
        .Read(SpanField.Provider, "mlflow.llm.provider", Unquoted(SpanField.Provider))
        .Read(SpanField.InputTokens, "mlflow.chat.tokenUsage", ReadUsage)
        .Read(SpanField.Cost, "mlflow.llm.cost", ReadCost)
        .Read(SpanField.Input, "mlflow.chat.messages", (span, value) => span.Kind == SpanKind.Model && span.ReadInput(value))
        .Read(SpanField.Input, "mlflow.spanInputs", (span, value) => span.ReadInput(value))
        .Read(SpanField.Output, "mlflow.spanOutputs", ReadOutput)
        .Take(SpanField.ToolDefinitions, "mlflow.chat.tools");

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Type)?.Trim('"').ToUpperInvariant() switch
    {
        "CHAT_MODEL" or "LLM" => SpanKind.Model,
        "TOOL" => SpanKind.Tool,
        "AGENT" => SpanKind.Agent,
        "RETRIEVER" => SpanKind.Retrieval,
        "CHAIN" or "PARSER" or "WORKFLOW" or "TASK" => SpanKind.Chain,
        "EMBEDDING" => SpanKind.Embedding,
        "RERANKER" => SpanKind.Rerank,
        "MEMORY" => SpanKind.Memory,
        "GUARDRAIL" => SpanKind.Guardrail,
        "EVALUATOR" => SpanKind.Evaluator,
        _ => null,
    };

    public void Read(SpanDraft span)
    {
        if (span.Kind == SpanKind.Agent) span.AgentName ??= span.Item.Name;
        if (span.Kind == SpanKind.Tool) span.Tool ??= span.Item.Name;
        Rules.Apply(span);
    }

    private static Func<SpanDraft, AttributeValue, bool> Unquoted(SpanField field) =>
        (span, value) => value.AsText()?.Trim('"') is { Length: > 0 } text && span.Set(field, AttributeValue.Text(text));

    private static bool ReadUsage(SpanDraft span, AttributeValue value) => span.WithJson(value, "usage", told =>
    {
        var cached = Json.Count(told, "cache_read_input_tokens", "cached_input_tokens");
        span.Usage.Input ??= Json.Count(told, "input_tokens");
        span.Usage.Output ??= Json.Count(told, "output_tokens");
        span.Usage.CacheRead ??= cached;
        span.Usage.CacheWrite ??= Json.Count(told, "cache_creation_input_tokens");
        return true;
    });

    private static bool ReadCost(SpanDraft span, AttributeValue value) => span.WithJson(value, "cost", told =>
        span.SetCost(Json.Number(told, "total_cost") ?? (Json.Number(told, "input_cost") + Json.Number(told, "output_cost"))));

    private static bool ReadOutput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind == SpanKind.Model)
            span.WithJson(value, "output", told =>
            {
                if (Json.Get(told, "choices", "output", "content", "usage") is not null)
                {
                    span.ResponseId ??= Json.Text(told, "id");
                    span.Model ??= Json.Text(told, "model");
                }

                return true;
            });
        return span.ReadOutput(value);
    }
}
