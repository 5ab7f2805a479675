using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects.General;

/// <summary>What belongs to no convention of agents: sessions, users, errors, the environment. Comes last.</summary>
internal sealed class GeneralDialect : ITraceDialect
{
    public string Name => "general";

    public IReadOnlyList<string> Prefixes { get; } = [];

    public FieldRules Rules { get; } = new FieldRules()
        .Take(SpanField.Agent, "espalier.agent")
        .Note(SpanField.Agent, "resource espalier.agent", "resource service.name")
        .Take(SpanField.Version, "espalier.version")
        .Note(SpanField.Version, "resource service.version")
        .Take(SpanField.Conversation, "session.id", "conversation.id")
        .Take(SpanField.User, "user.id", "enduser.id")
        .Note(SpanField.Kind, "a model with usage: model; a conversation and nothing else: chain")
        .Note(SpanField.Error, "status, event exception", "error.message", "error.type")
        .Note(SpanField.HttpStatus, "http.response.status_code", "http.status_code", "the error's text")
        .Note(SpanField.Environment, "resource deployment.environment.name, deployment.environment");

    public bool KnowsScope(string scope) => true;

    public SpanKind? KindOf(SpanDraft span)
    {
        var attributes = span.Attributes;
        if (attributes.Has("gen_ai.request.model") || attributes.Has("gen_ai.response.model") || attributes.Has("llm.model_name"))
            return HasUsage(attributes) ? SpanKind.Model : SpanKind.Other;
        // A span around a turn, opened by the application to say whose it is.
        return attributes.Has("session.id") || attributes.Has("gen_ai.conversation.id") ? SpanKind.Chain : SpanKind.Other;
    }

    public void Read(SpanDraft span)
    {
        Rules.Apply(span);
        var item = span.Item;
        if (item.Status == 2) span.Error ??= item.StatusMessage ?? Exception(span) ?? span.Attributes.Text("error.message") ?? span.Attributes.Text("error.type") ?? "error";
        if (span.Error is null) return;
        span.HttpStatus ??= Status(span.Attributes["http.response.status_code"].AsCount()) ?? Status(span.Attributes["http.status_code"].AsCount())
            ?? Status(span.Attributes["error.type"].AsCount()) ?? ErrorTexts.HttpStatus(span.Error) ?? ErrorTexts.HttpStatus(Exception(span));
    }

    private static bool HasUsage(Otlp.AttributeSet attributes) =>
        attributes.Has("gen_ai.usage.input_tokens") || attributes.Has("gen_ai.usage.output_tokens") || attributes.Has("gen_ai.usage.prompt_tokens")
        || attributes.Has("gen_ai.usage.completion_tokens") || attributes.Has("llm.token_count.prompt") || attributes.Has("llm.usage.total_tokens");

    private static int? Status(long? code) => code is >= 400 and < 600 ? (int)code : null;

    private static string? Exception(SpanDraft span)
    {
        for (var i = 0; i < span.Item.EventCount; i++)
            if (span.Item.Event(i) is { Name: "exception" } told) return told.Attributes.Text("exception.message") ?? told.Attributes.Text("exception.type");
        return null;
    }
}
