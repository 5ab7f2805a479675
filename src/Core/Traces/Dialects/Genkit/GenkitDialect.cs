using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.Genkit;

/// <summary>Genkit's spans: one JSON for what went in, one for what came out.</summary>
/// <remarks>In its usage thoughts are beside the output, not in it. A model's span is named <c>provider/model</c>.</remarks>
internal sealed class GenkitDialect : ITraceDialect
{
    private const string Subtype = "genkit:metadata:subtype";

    public string Name => "genkit";

    public IReadOnlyList<string> Prefixes { get; } = ["genkit:"];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, Subtype, "genkit:type")
        .Take(SpanField.Conversation, "genkit:metadata:sessionId", "genkit:sessionId")
        .Read(SpanField.User, "genkit:metadata:context", ReadContext)
        .Read(SpanField.AgentName, "genkit:name", ReadName)
        .Note(SpanField.Tool, "genkit:name")
        .Note(SpanField.ModelRequested, "genkit:name (after the provider)")
        .Read(SpanField.Input, "genkit:input", ReadInput)
        .Read(SpanField.Output, "genkit:output", ReadOutput)
        .Note(SpanField.InputTokens, "genkit:output (JSON: usage)")
        .Note(SpanField.ReasoningTokens, "genkit:output (JSON: usage.thoughtsTokens)")
        .Note(SpanField.Documents, "genkit:output (JSON: documents)")
        .Read(SpanField.Error, "genkit:state", (span, value) =>
        {
            if (value.Is("error"u8)) span.Error ??= span.Item.StatusMessage ?? "error";
            return value.Is("success"u8) || value.Is("error"u8);
        });

    public SpanKind? KindOf(SpanDraft span) => span.Attributes.Text(Subtype) switch
    {
        "model" or "background-model" => SpanKind.Model,
        "tool" or "tool.v2" => SpanKind.Tool,
        "retriever" => SpanKind.Retrieval,
        "reranker" => SpanKind.Rerank,
        "embedder" => SpanKind.Embedding,
        "evaluator" => SpanKind.Evaluator,
        "agent" => SpanKind.Agent,
        "prompt" or "executable-prompt" => SpanKind.Prompt,
        _ => span.Attributes.Has("genkit:type") || span.Attributes.Has("genkit:name") ? SpanKind.Chain : null,
    };

    public void Read(SpanDraft span)
    {
        if (span.Kind is SpanKind.Model or SpanKind.Embedding && (span.Attributes.Text("genkit:name") ?? span.Item.Name) is var named && named.IndexOf('/') is > 0 and var slash)
        {
            span.Provider ??= ProviderNames.Of(named[..slash]);
            span.ModelRequested ??= named[(slash + 1)..];
        }

        span.Workflow ??= span.Attributes.Text("genkit:metadata:flow:name") ?? (span.Item.ParentId is null ? span.Attributes.Text("genkit:name") : null);
        Rules.Apply(span);
    }

    private static bool ReadName(SpanDraft span, AttributeValue value) => span.Kind switch
    {
        SpanKind.Agent => span.Set(SpanField.AgentName, value),
        SpanKind.Tool => span.Set(SpanField.Tool, value),
        _ => value.AsText() == span.Item.Name,
    };

    private static bool ReadInput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind == SpanKind.Model)
            span.WithJson(value, "input", told =>
            {
                if (Json.Get(told, "tools") is { ValueKind: JsonValueKind.Array } tools && tools.GetArrayLength() > 0) span.ToolDefinitions ??= tools.GetRawText();
                if (Json.Get(told, "config") is { } config && Json.Text(config, "version") is { } version) span.ModelRequested = version;
                return true;
            });
        if (span.Kind is SpanKind.Retrieval or SpanKind.Embedding && span.Input is null)
        {
            span.WithJson(value, "input", told =>
            {
                var query = Json.Get(told, "query") ?? told;
                span.Input = Json.Text(query, "text") ?? TextOf(Json.Get(query, "content")) ?? TextOf(Json.Get(told, "input")) ?? (query.ValueKind == JsonValueKind.String ? query.GetString() : null);
                return true;
            });
            if (span.Input is not null) return false;
        }

        return span.ReadInput(value);
    }

    private static bool ReadOutput(SpanDraft span, AttributeValue value)
    {
        if (span.Kind is SpanKind.Model or SpanKind.Embedding)
            span.WithJson(value, "output", told =>
            {
                if (Json.Get(told, "usage") is { } usage) ReadUsage(span, usage);
                // What the provider answered, as its library gave it.
                var answer = Json.Get(told, "custom", "raw") ?? default;
                span.ResponseId ??= Json.Text(answer, "id", "responseId");
                span.Model ??= Json.Text(answer, "model", "modelVersion");
                return true;
            });
        // Since its second version a tool's answer is wrapped, so that parts can go beside it.
        if (span.Kind == SpanKind.Tool && span.Attributes.Text(Subtype) == "tool.v2")
            span.WithJson(value, "output", told =>
            {
                if (Json.Get(told, "output") is { } wrapped && told.EnumerateObject().All(member => member.Name is "output" or "content")) span.Output ??= Json.Plain(wrapped);
                return true;
            });
        return span.ReadOutput(value);
    }

    /// <summary>What the application handed along with the request; it stays among the attributes.</summary>
    private static bool ReadContext(SpanDraft span, AttributeValue value)
    {
        span.WithJson(value, "context", told =>
        {
            span.Conversation ??= Json.Text(told, "sessionId", "session_id", "threadId", "conversationId");
            span.User ??= Json.Text(told, "userId", "user_id") ?? Json.Text(Json.Get(told, "auth") ?? default, "uid");
            return true;
        });
        return false;
    }

    private static void ReadUsage(SpanDraft span, JsonElement usage)
    {
        var thoughts = Json.Count(usage, "thoughtsTokens");
        span.Usage.Input ??= Json.Count(usage, "inputTokens");
        span.Usage.Output ??= Json.Count(usage, "outputTokens") + (thoughts ?? 0) ?? thoughts;
        span.Usage.Reasoning ??= thoughts;
        span.Usage.CacheRead ??= Json.Count(usage, "cachedContentTokens");
    }

    private static string? TextOf(JsonElement? content) => content is { ValueKind: JsonValueKind.Array } parts
        ? string.Join('\n', parts.EnumerateArray().Select(part => Json.Text(part, "text") ?? TextOf(Json.Get(part, "content"))).OfType<string>()) is { Length: > 0 } text ? text : null
        : null;
}
