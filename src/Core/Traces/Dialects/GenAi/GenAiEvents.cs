using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects.GenAi;

/// <summary>What OpenTelemetry's generative conventions tell in events of spans and in log records: messages, answers, judgements, errors.</summary>
internal static class GenAiEvents
{
    private const string Evaluation = "gen_ai.evaluation.result";

    public static void ReadAll(SpanDraft span)
    {
        List<string>? messages = null;
        for (var i = 0; i < span.Item.EventCount; i++)
        {
            var told = span.Item.Event(i);
            if (told.Name == Evaluation) told.IsUsed |= AddEvaluation(span, told.Attributes, told.Time);
            else if (RoleOf(told.Name) is { } role && span.Kind == SpanKind.Model) told.IsUsed |= ReadMessage(span, told, role, messages ??= []);
            else if (told.Name is "gen_ai.choice" && span.Kind == SpanKind.Model) told.IsUsed |= ReadChoice(span, told);
            else if (told.Name is "gen_ai.content.prompt" && span.Kind == SpanKind.Model) told.IsUsed |= span.ReadInput(told.Attributes["gen_ai.prompt"]);
            else if (told.Name is "gen_ai.content.completion" && span.Kind == SpanKind.Model) told.IsUsed |= span.ReadOutput(told.Attributes["gen_ai.completion"]);
            else if (told.Name is "gen_ai.client.inference.operation.details") told.IsUsed |= ReadDetails(span, told.Attributes);
        }

        if (messages is not null) span.Input ??= "[" + string.Join(',', messages) + "]";
    }

    /// <summary>True when the record is one of these.</summary>
    public static bool ReadRecord(SpanDraft record)
    {
        var item = record.Item;
        if (item.Name == Evaluation) return AddEvaluation(record, item.Attributes, item.Start);
        if (item.Name == "gen_ai.client.operation.exception" || (item.Name == "exception" && item.Attributes.Has("exception.type")))
        {
            record.Error = item.Attributes.Text("exception.message") ?? item.Attributes.Text("exception.type") ?? item.Attributes.Text("error.type") ?? "exception";
            return true;
        }

        if (item.Name == "gen_ai.client.inference.operation.details")
        {
            ReadDetails(record, item.Attributes);
            // A record holds messages without the brackets of a list: they are joined with those of other records.
            if (record.Input is ['[', .., ']'] list) record.Input = list[1..^1];
            return true;
        }

        if (item.Name == "gen_ai.choice")
        {
            if (!record.WithJson(item.Body, "body", told => ReadChoice(record, told)) && record.Output is null && item.Body.AsText() is { Length: > 0 } text && item.Body.Kind == ValueKind.Text) record.Output ??= text;
            return true;
        }

        if (RoleOf(item.Name) is not { } role) return false;
        if (!record.WithJson(item.Body, "body", told => (record.Input = record.Message(WithRole(told, role), role)) is not null) && item.Body.AsText() is { Length: > 0 } plain)
            record.Input = record.OneMessage(role, plain)[1..^1];
        return true;
    }

    private static string? RoleOf(string name) => name switch
    {
        "gen_ai.system.message" => "system",
        "gen_ai.user.message" => "user",
        "gen_ai.assistant.message" => "assistant",
        "gen_ai.tool.message" => "tool",
        _ => null,
    };

    // A body says the role only where it differs from the event's: {content}, {tool_calls}, {id, content}.
    private static JsonElement WithRole(JsonElement told, string role)
    {
        if (told.ValueKind != JsonValueKind.Object || Json.Get(told, "role") is { ValueKind: JsonValueKind.String }) return told;
        var members = told.EnumerateObject().Where(member => member.Name != "role").ToDictionary(member => member.Name, member => member.Value);
        members["role"] = JsonSerializer.SerializeToElement(role, MessagesJson.Default.String);
        return JsonSerializer.SerializeToElement(members, MessagesJson.Default.DictionaryStringJsonElement);
    }

    private static bool ReadMessage(SpanDraft span, OtlpEvent told, string role, List<string> messages)
    {
        var message = Body(span, told, body => span.Message(WithRole(body, role), role));
        if (message is not null) messages.Add(message);
        return message is not null;
    }

    private static bool ReadChoice(SpanDraft span, OtlpEvent told) => Body(span, told, body => ReadChoice(span, body) ? "" : null) is not null;

    // The attributes of an event are its body: told one by one, or as JSON under one key.
    private static string? Body(SpanDraft span, OtlpEvent told, Func<JsonElement, string?> read)
    {
        foreach (var key in (ReadOnlySpan<string>)["gen_ai.event.content", "event.body", "body"])
        {
            string? whole = null;
            if (told.Attributes.Has(key) && span.WithJson(told.Attributes[key], "event", body => (whole = read(body)) is not null)) return whole;
        }

        var members = new Dictionary<string, JsonElement>();
        for (var i = 0; i < told.Attributes.Count; i++)
        {
            var name = told.Attributes.KeyAt(i);
            var value = told.Attributes.ValueAt(i);
            using var parsed = name is "content" ? null : LenientJson.Parse(value, out _);
            members[name] = parsed?.RootElement.Clone() ?? JsonSerializer.SerializeToElement(value.AsText() ?? "", MessagesJson.Default.String);
        }

        return read(JsonSerializer.SerializeToElement(members, MessagesJson.Default.DictionaryStringJsonElement));
    }

    /// <summary>{index, finish_reason, message}; the message's members also without it around them.</summary>
    private static bool ReadChoice(SpanDraft span, JsonElement told)
    {
        var finish = Json.Text(told, "finish_reason");
        var isRead = span.ReadAnswer(Json.Get(told, "message") is { ValueKind: JsonValueKind.Object } message ? WithRole(message, "assistant") : WithRole(told, "assistant"));
        if (!string.IsNullOrEmpty(finish)) span.FinishReasons ??= [finish];
        return isRead;
    }

    private static bool ReadDetails(SpanDraft span, AttributeSet attributes)
    {
        if (attributes.Has("gen_ai.system_instructions")) span.ReadInstructions(attributes["gen_ai.system_instructions"]);
        var hasInput = !attributes.Has("gen_ai.input.messages") || span.ReadInput(attributes["gen_ai.input.messages"]);
        var hasOutput = !attributes.Has("gen_ai.output.messages") || span.ReadOutput(attributes["gen_ai.output.messages"]);
        return hasInput && hasOutput;
    }

    private static bool AddEvaluation(SpanDraft span, AttributeSet attributes, ulong time)
    {
        if (attributes.Text("gen_ai.evaluation.name") is not { } name) return false;
        var response = attributes.Text("gen_ai.response.id");
        var item = span.Item;
        if (response is null && item.TraceId is null) return false;
        var at = time > 0 ? time : item.End > 0 ? item.End : item.Start;
        span.Feedback.Add(new Feedback
        {
            // An answer's id is told where the event could not be put on the span of that answer.
            ResponseId = response,
            TraceId = response is null ? new TraceId(item.TraceId!) : null,
            SpanId = response is null && item.SpanId is { } id ? new SpanId(id) : null,
            Name = name,
            Source = "system",
            Label = attributes.Text("gen_ai.evaluation.score.label"),
            Value = attributes["gen_ai.evaluation.score.value"].AsNumber(),
            Comment = attributes.Text("gen_ai.evaluation.explanation"),
            At = Times.Of(at),
        });
        return true;
    }
}
