using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.OpenLlmetry;

/// <summary>OpenLLMetry, the instrumentations of Traceloop: today's beside OpenTelemetry's generative keys, and the older indexed ones.</summary>
internal sealed class OpenLlmetryDialect : ITraceDialect
{
    private const string KindKey = "traceloop.span.kind";
    private const string Properties = "traceloop.association.properties.";
    private const string Found = "db.query.result";

    public string Name => "openllmetry";

    public IReadOnlyList<string> Prefixes { get; } = ["traceloop.", "llm.request.", "llm.usage.", "llm.is_streaming", "gen_ai.prompt.0", "gen_ai.completion.0"];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, KindKey, "llm.request.type", "event db.query.result")
        .Take(SpanField.Conversation, [.. Keys("session_id", "sessionId", "thread_id", "threadId", "conversation_id", "chat_id")])
        .Take(SpanField.User, [.. Keys("user_id", "userId")])
        .Read(SpanField.AgentName, "traceloop.entity.name", ReadName)
        .Note(SpanField.Tool, "traceloop.entity.name")
        .Read(SpanField.AgentVersion, "traceloop.entity.version", (span, value) => span.Kind == SpanKind.Agent && span.Set(SpanField.AgentVersion, value))
        .Take(SpanField.AgentVersion, [.. Keys("agent_version", "agentVersion")])
        .Take(SpanField.PromptName, "traceloop.prompt.key")
        .Take(SpanField.PromptVersion, "traceloop.prompt.version")
        .Take(SpanField.Streaming, "llm.is_streaming", "gen_ai.is_streaming")
        .Note(SpanField.TimeToFirstToken, "event llm.content.completion.chunk")
        .Take(SpanField.CacheReadTokens, "llm.usage.cache_read_input_tokens")
        .Take(SpanField.CacheWriteTokens, "llm.usage.cache_creation_input_tokens")
        .Note(SpanField.Input, "gen_ai.prompt.*")
        .Note(SpanField.Output, "gen_ai.completion.*")
        .Note(SpanField.RequestedTools, "gen_ai.completion.*.tool_calls.*")
        .Note(SpanField.ToolDefinitions, "llm.request.functions.*")
        .Read(SpanField.Input, "traceloop.entity.input", ReadInput)
        .Read(SpanField.Output, "traceloop.entity.output", (span, value) => span.ReadOutput(value))
        .Note(SpanField.Documents, "event db.query.result");

    public bool KnowsScope(string scope) =>
        scope.Contains("traceloop", StringComparison.Ordinal) || scope.StartsWith("opentelemetry.instrumentation.", StringComparison.Ordinal);

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(KindKey)?.ToLowerInvariant() switch
    {
        "workflow" or "task" => SpanKind.Chain,
        "agent" => SpanKind.Agent,
        "tool" => Handoffs.IsTransfer(span.Attributes.Text("traceloop.entity.name")) ? SpanKind.Handoff : SpanKind.Tool,
        _ => span.Attributes.Text("llm.request.type")?.ToLowerInvariant() switch
        {
            "chat" or "completion" => SpanKind.Model,
            "embedding" => SpanKind.Embedding,
            "rerank" => SpanKind.Rerank,
            _ => HasFound(span) ? SpanKind.Retrieval : null,
        },
    };

    public void Read(SpanDraft span)
    {
        if (KindOf(span) == span.Kind) span.Attributes.Use(KindKey);
        if (span.Kind is SpanKind.Model) ReadMessages(span);
        if (span.Kind is SpanKind.Embedding && span.Input is null) FoldedKeys.With(span, "gen_ai.prompt.", told => ReadTexts(span, told));
        if (span.Kind is SpanKind.Retrieval) ReadFound(span);
        if (span.Kind is SpanKind.Handoff && span.Attributes.Text("traceloop.entity.name") is { } transfer) span.Handoff ??= Handoffs.Of(transfer, span.Attributes["traceloop.entity.input"]);
        span.Workflow ??= span.Attributes.Text("traceloop.workflow.name");
        Rules.Apply(span);
        span.Operation ??= span.Kind switch
        {
            SpanKind.Model => span.Attributes.Text("llm.request.type"),
            _ => null,
        };
        ReadFirstChunk(span);
    }

    private static IEnumerable<string> Keys(params string[] names) => names.Select(name => Properties + name);

    private static bool ReadName(SpanDraft span, AttributeValue value) => span.Kind switch
    {
        SpanKind.Agent => span.Set(SpanField.AgentName, value),
        SpanKind.Tool or SpanKind.Handoff => span.Set(SpanField.Tool, value),
        _ => false,
    };

    private static void ReadMessages(SpanDraft span)
    {
        FoldedKeys.With(span, "gen_ai.prompt.", told => span.ReadInputMessages(WithoutNulls(told)));
        FoldedKeys.With(span, "gen_ai.completion.", span.ReadAnswer);
        FoldedKeys.With(span, "llm.request.functions.", told =>
        {
            span.ToolDefinitions ??= told.GetRawText();
            return true;
        });
    }

    // The older instrumentation writes the missing content of an assistant's message as the word null.
    private static JsonElement WithoutNulls(JsonElement told)
    {
        if (told.ValueKind != JsonValueKind.Array || !told.EnumerateArray().Any(one => Json.Text(one, "content") == "null")) return told;
        var messages = told.EnumerateArray().Select(one => Json.Text(one, "content") != "null" ? one
            : JsonSerializer.SerializeToElement(one.EnumerateObject().Where(member => member.Name != "content").ToDictionary(member => member.Name, member => member.Value), MessagesJson.Default.DictionaryStringJsonElement));
        return JsonSerializer.SerializeToElement(messages.ToArray(), MessagesJson.Default.JsonElementArray);
    }

    private static bool ReadTexts(SpanDraft span, JsonElement told)
    {
        if (told.ValueKind != JsonValueKind.Array) return false;
        var texts = told.EnumerateArray().Select(one => Json.Text(one, "content")).OfType<string>().ToList();
        if (texts.Count > 0) span.Input = string.Join('\n', texts);
        return texts.Count == told.GetArrayLength();
    }

    /// <summary>A call's arguments: <c>{"args":[...],"kwargs":{...}}</c>. A tool takes its own arguments out of that.</summary>
    private static bool ReadInput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind is not (SpanKind.Tool or SpanKind.Handoff) || span.Input is not null) return span.ReadInput(value);
        var isRead = span.WithJson(value, "input", told =>
        {
            if (Json.Get(told, "args") is not { ValueKind: JsonValueKind.Array } args || Json.Get(told, "kwargs") is not { ValueKind: JsonValueKind.Object } kwargs) return false;
            if (kwargs.EnumerateObject().MoveNext())
            {
                span.Input = kwargs.GetRawText();
                return args.GetArrayLength() == 0;
            }

            span.Input = args.GetArrayLength() == 1 ? Json.Plain(args[0]) : args.GetRawText();
            return true;
        });
        return isRead || (span.Input is null && span.ReadInput(value));
    }

    private static bool HasFound(SpanDraft span)
    {
        for (var i = 0; i < span.Item.EventCount; i++)
            if (span.Item.Event(i).Name == Found) return true;
        return false;
    }

    private static void ReadFound(SpanDraft span)
    {
        if (span.Documents is not null) return;
        List<RetrievedDocument>? documents = null;
        for (var i = 0; i < span.Item.EventCount; i++)
        {
            var told = span.Item.Event(i);
            if (told.Name != Found) continue;
            (documents ??= []).Add(new RetrievedDocument
            {
                Id = told.Attributes.Text("db.query.result.id"),
                Score = told.Attributes["db.query.result.score"].AsNumber(),
                Content = told.Attributes.Text("db.query.result.document"),
            });
            told.IsUsed = !told.Attributes.Has("db.query.result.metadata") && !told.Attributes.Has("db.query.result.distance") && !told.Attributes.Has("db.query.result.vector");
        }

        span.Documents = documents;
    }

    private static void ReadFirstChunk(SpanDraft span)
    {
        for (var i = 0; i < span.Item.EventCount; i++)
        {
            var told = span.Item.Event(i);
            if (told.Name != "llm.content.completion.chunk") continue;
            span.Streaming ??= true;
            if (told.Time >= span.Item.Start) span.TimeToFirstToken ??= Times.Between(span.Item.Start, told.Time);
            return;
        }
    }
}
