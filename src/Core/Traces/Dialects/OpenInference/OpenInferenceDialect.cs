using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.OpenInference;

/// <summary>OpenInference, the convention of Arize's instrumentations and of Phoenix.</summary>
/// <remarks>Messages are flattened into indexed keys; a tool call may stand both among a message's parts and among its calls.</remarks>
internal sealed class OpenInferenceDialect : ITraceDialect
{
    private const string KindKey = "openinference.span.kind";

    public string Name => "openinference";

    public IReadOnlyList<string> Prefixes { get; } =
    [
        KindKey, "llm.input_messages.", "llm.output_messages.", "llm.token_count.", "llm.model_name", "llm.invocation_parameters", "llm.prompts.",
        "retrieval.documents.", "embedding.", "reranker.", "annotations.", "evaluations.", "trace.annotations.", "trace.evaluations.",
        "session.annotations.", "session.evaluations.",
    ];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, KindKey)
        .Take(SpanField.Conversation, "session.id")
        .Take(SpanField.User, "user.id")
        .Take(SpanField.AgentName, "agent.name", "graph.node.name", "graph.node.id")
        .Read(SpanField.AgentVersion, "metadata", ReadMetadata)
        .Take(SpanField.PromptName, "prompt.name", "prompt.id", "llm.prompt_template.name")
        .Take(SpanField.PromptVersion, "llm.prompt_template.version", "prompt.version")
        .Read(SpanField.Provider, "llm.provider", ReadProvider)
        .Read(SpanField.Provider, "llm.system", ReadProvider)
        .Take(SpanField.ModelRequested, "llm.request.model_name")
        .Take(SpanField.Model, "llm.response.model_name", "embedding.model_name", "reranker.model_name")
        .Read(SpanField.Streaming, "llm.invocation_parameters", ReadParameters)
        .Take(SpanField.InputTokens, "llm.token_count.prompt")
        .Take(SpanField.OutputTokens, "llm.token_count.completion")
        .Take(SpanField.CacheReadTokens, "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input")
        .Take(SpanField.CacheWriteTokens, "llm.token_count.prompt_details.cache_write")
        .Take(SpanField.InputAudioTokens, "llm.token_count.prompt_details.audio")
        .Take(SpanField.ReasoningTokens, "llm.token_count.completion_details.reasoning")
        .Take(SpanField.OutputAudioTokens, "llm.token_count.completion_details.audio")
        .Take(SpanField.Cost, "llm.cost.total")
        .Note(SpanField.Cost, "llm.cost.prompt + llm.cost.completion")
        .Note(SpanField.Input, "llm.input_messages.*", "llm.prompts.*", "reranker.query", "embedding.embeddings.*.embedding.text")
        .Note(SpanField.Output, "llm.output_messages.*")
        .Note(SpanField.ResponseId, "output.value (JSON: id)")
        .Note(SpanField.Thinking, "llm.output_messages.* (reasoning)", "output.value (JSON)")
        .Note(SpanField.RequestedTools, "llm.output_messages.*")
        .Read(SpanField.Input, "input.value", ReadInput)
        .Read(SpanField.Output, "output.value", ReadOutput)
        .Note(SpanField.ToolDefinitions, "llm.tools.*")
        .Take(SpanField.FinishReasons, "llm.finish_reason")
        .Take(SpanField.Tool, "tool.name")
        .Take(SpanField.ToolCallId, "tool_call.id", "tool.id")
        .Read(SpanField.Input, "tool.parameters", (span, value) => span.Kind == SpanKind.Tool && span.ReadInput(value))
        .Note(SpanField.Documents, "retrieval.documents.*", "reranker.output_documents.*")
        .Note(SpanField.Handoff, "name: handoff to *")
        .Take(SpanField.GuardrailTriggered, "guardrail.triggered")
        .Note(SpanField.Feedback, "annotations.*", "evaluations.*", "trace.annotations.*", "trace.evaluations.*", "session.annotations.*", "session.evaluations.*")
        .Take(SpanField.Tags, "tag.tags");

    public bool KnowsScope(string scope) => scope.Contains("openinference", StringComparison.Ordinal);

    public SpanKind? KindOf(SpanDraft span)
    {
        if (span.Attributes.Text(KindKey)?.ToUpperInvariant() is not { } kind) return null;
        if (kind == "TOOL" && HandoffTo(span) is not null) return SpanKind.Handoff;
        return kind switch
        {
            "LLM" => SpanKind.Model,
            "EMBEDDING" => SpanKind.Embedding,
            "CHAIN" => SpanKind.Chain,
            "RETRIEVER" => SpanKind.Retrieval,
            "RERANKER" => SpanKind.Rerank,
            "TOOL" => SpanKind.Tool,
            "AGENT" => SpanKind.Agent,
            "GUARDRAIL" => SpanKind.Guardrail,
            "EVALUATOR" => SpanKind.Evaluator,
            "PROMPT" => SpanKind.Prompt,
            _ => null,
        };
    }

    public void Read(SpanDraft span)
    {
        if (KindOf(span) == span.Kind) span.Attributes.Use(KindKey);
        span.Attributes.Use("input.mime_type");
        span.Attributes.Use("output.mime_type");
        if (span.Kind == SpanKind.Handoff && HandoffTo(span) is { } to) span.Handoff ??= new Handoff { From = MemberOf(span, "input.value", "from_agent"), To = to };
        if (span.Kind == SpanKind.Model)
        {
            // The call's own word for its end comes before that of a message.
            var reason = span.Attributes.Find("llm.finish_reason");
            if (reason >= 0 && span.Set(SpanField.FinishReasons, span.Attributes.ValueAt(reason))) span.Attributes.Use(reason);
            ReadMessages(span);
        }
        else if (span.Kind == SpanKind.Retrieval) FoldedKeys.With(span, "retrieval.documents.", span.ReadDocuments);
        else if (span.Kind == SpanKind.Rerank) ReadRerank(span);
        else if (span.Kind == SpanKind.Embedding) FoldedKeys.With(span, "embedding.embeddings.", told => ReadEmbeddings(span, told));
        Rules.Apply(span);
        ReadModel(span);
        if (span.Cost is null && span.Attributes["llm.cost.prompt"].AsNumber() is { } prompt && span.Attributes["llm.cost.completion"].AsNumber() is { } completion) span.SetCost(prompt + completion);
        Annotations.Read(span);
    }

    private static void ReadMessages(SpanDraft span)
    {
        if (FoldedKeys.With(span, "llm.input_messages.", span.ReadInputMessages)) span.Attributes.Use("input.value");
        else FoldedKeys.With(span, "llm.prompts.", told => span.ReadInputMessages(told));
        FoldedKeys.With(span, "llm.output_messages.", span.ReadAnswer);
        FoldedKeys.With(span, "llm.tools.", told =>
        {
            if (span.ToolDefinitions is not null || told.ValueKind != JsonValueKind.Array) return false;
            // Each is JSON within a text.
            span.ToolDefinitions = "[" + string.Join(',', told.EnumerateArray().Select(tool => Json.Get(tool, "tool") is { } inner ? Json.Plain(Json.Get(inner, "json_schema")) ?? inner.GetRawText() : tool.GetRawText())) + "]";
            return true;
        });
    }

    private static void ReadRerank(SpanDraft span)
    {
        span.Input ??= span.Attributes.Text("reranker.query");
        FoldedKeys.With(span, "reranker.output_documents.", span.ReadDocuments);
    }

    private static bool ReadEmbeddings(SpanDraft span, JsonElement told)
    {
        if (told.ValueKind != JsonValueKind.Array) return false;
        var texts = told.EnumerateArray().Select(one => Json.Get(one, "embedding") is { } inner ? Json.Text(inner, "text") : null).OfType<string>().ToList();
        if (texts.Count > 0) span.Input ??= string.Join('\n', texts);
        // The vectors stay among the attributes.
        return false;
    }

    private static bool ReadProvider(SpanDraft span, AttributeValue value)
    {
        span.Provider ??= ProviderNames.Of(value.AsText());
        return string.Equals(span.Provider, value.AsText(), StringComparison.Ordinal);
    }

    /// <summary>What LangChain and applications put there; it stays among the attributes.</summary>
    private static bool ReadMetadata(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "metadata", told =>
        {
            span.Conversation ??= span.Attributes.Text("session.id") ?? Json.Text(told, "session_id", "thread_id", "conversation_id", "sessionId", "threadId");
            span.User ??= span.Attributes.Text("user.id") ?? Json.Text(told, "user_id", "userId");
            span.AgentVersion ??= Json.Text(told, "agent_version", "agentVersion");
            span.PromptName ??= Json.Text(told, "prompt_name", "promptName");
            return true;
        });
        return false;
    }

    /// <summary>What the model was asked with; some put what it answered with there, which has an id.</summary>
    private static bool ReadParameters(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "parameters", told =>
        {
            if (Json.Get(told, "stream") is { ValueKind: JsonValueKind.True or JsonValueKind.False } stream) span.Streaming ??= stream.GetBoolean();
            if (Json.Text(told, "model") is { } model && Json.Get(told, "id") is null) span.ModelRequested ??= model;
            return true;
        });
        return false;
    }

    private static void ReadModel(SpanDraft span)
    {
        if (span.Attributes.Text("llm.model_name") is not { } model) return;
        // Where it is the model that was asked for, it does not say which one answered.
        if (span.Error is null && model != span.ModelRequested) span.Model ??= model;
        else span.ModelRequested ??= model;
        if (span.Model == model || span.ModelRequested == model) span.Attributes.Use("llm.model_name");
    }

    private static bool ReadInput(SpanDraft span, AttributeValue value) => span.Input is null && span.ReadInput(value);

    private static bool ReadOutput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind is SpanKind.Tool && LangChainValues.ReadToolMessage(span, value)) return false;
        if (span.Kind is not SpanKind.Model) return span.Output is null && span.Documents is null && span.Handoff is null && span.ReadOutput(value);
        var hadOutput = span.Output is not null || span.RequestedTools is not null;
        var isJson = span.WithJson(value, "output", told =>
        {
            if (told.ValueKind != JsonValueKind.Object) return false;
            if (Json.Get(told, "object", "choices", "output", "usage", "stop_reason", "candidates") is not null)
            {
                span.ResponseId ??= Json.Text(told, "id", "responseId");
                span.Model ??= Json.Text(told, "model", "modelVersion");
                if (Json.Get(told, "usage", "usageMetadata") is { } usage) ProviderUsage.Read(usage, span.Usage);
            }

            LangChainValues.ReadResult(span, told);
            span.ReadAnswer(told);
            return true;
        });
        if (!isJson && !hadOutput && span.Output is null && span.RequestedTools is null) return span.ReadOutput(value);
        // It repeats the messages, or is the answer as the provider sent it, of which the rest is kept.
        return !isJson && value.AsText() == span.Output;
    }

    private static string? HandoffTo(SpanDraft span)
    {
        const string named = "handoff to ";
        if (span.Item.Name.StartsWith(named, StringComparison.OrdinalIgnoreCase)) return MemberOf(span, "output.value", "to_agent") ?? span.Item.Name[named.Length..];
        var tool = span.Attributes.Text("tool.name");
        if (tool?.StartsWith("handoff_to_", StringComparison.Ordinal) == true) return MemberOf(span, "output.value", "to_agent") ?? tool["handoff_to_".Length..];
        return Handoffs.IsTransfer(tool) ? Handoffs.Of(tool!, span.Attributes["input.value"])?.To : null;
    }

    private static string? MemberOf(SpanDraft span, string key, string member)
    {
        using var document = LenientJson.Parse(span.Attributes[key], out _);
        return document is null ? null : Json.Text(document.RootElement, member);
    }
}
