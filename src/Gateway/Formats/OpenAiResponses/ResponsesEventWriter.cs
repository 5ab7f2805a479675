using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Tells events as those of a response, which ends with an event that repeats all of it. Only the first answer is told.</summary>
internal sealed class ResponsesEventWriter : IEventWriter
{
    private readonly Dictionary<int, (ResponseElement Element, ResponsePart Part, int Content)> _parts = [];
    private NeutralReply _reply = new() { Id = "", Model = "", Answers = [] };
    private ResponseItems _items = new("");
    private ResponseElement? _message;
    private StopReason _stop = StopReason.End;
    private TokenUsage? _usage;
    private int _sequence;

    public IEnumerable<StreamEvent> Write(NeutralEvent told)
    {
        switch (told)
        {
            case NeutralEvent.Started started:
                _reply = new NeutralReply { Id = started.Id, Model = started.Model, Created = started.Created, Answers = [] };
                _items = new ResponseItems(started.Id);
                yield return Event("response.created", json => WriteResponse(json, null));
                yield return Event("response.in_progress", json => WriteResponse(json, null));
                break;
            case NeutralEvent.PartStarted { Answer: 0 } started:
                foreach (var streamed in Begin(started)) yield return streamed;
                break;
            case NeutralEvent.Delta { Answer: 0 } delta:
                var (element, part, content) = _parts[delta.Index];
                part.Said.Append(delta.Text);
                part.Logprobs.AddRange(delta.Logprobs);
                yield return WriteDelta(element, part, content, delta);
                break;
            case NeutralEvent.Signed { Answer: 0 } signed:
                _parts[signed.Index].Part.Signature = signed.Signature;
                break;
            case NeutralEvent.PartEnded { Answer: 0 } ended when _parts.Remove(ended.Index, out var open):
                foreach (var streamed in Finish(open.Element, open.Part, open.Content)) yield return streamed;
                break;
            case NeutralEvent.Stopped { Answer: 0 } stopped:
                _stop = stopped.Reason;
                foreach (var streamed in CloseMessage()) yield return streamed;
                break;
            case NeutralEvent.Counted counted:
                _usage = counted.Usage;
                break;
            case NeutralEvent.Failed failed:
                yield return Event("error", json =>
                {
                    json.WriteString("code", failed.Type ?? "provider_failed");
                    json.WriteString("message", failed.Message);
                    json.WriteNull("param");
                });
                break;
            case NeutralEvent.Ended:
                foreach (var streamed in CloseMessage()) yield return streamed;
                yield return Event(_stop is StopReason.Length or StopReason.Filter ? "response.incomplete" : "response.completed", json => WriteResponse(json, _stop));
                break;
        }
    }

    private IEnumerable<StreamEvent> Begin(NeutralEvent.PartStarted started)
    {
        if (started.Part is not (Part.Text or Part.Refusal))
            foreach (var streamed in CloseMessage()) yield return streamed;
        var (element, isNew) = _items.Add(started.Part, []);
        var (part, content) = (element.Parts[^1], element.Parts.Count - 1);
        _parts[started.Index] = (element, part, content);
        if (isNew)
        {
            if (element.IsMessage) _message = element;
            yield return Event("response.output_item.added", json =>
            {
                json.WriteNumber("output_index", element.Index);
                json.WritePropertyName("item");
                element.Write(json, "in_progress");
            });
        }

        if (element.IsMessage) yield return Event("response.content_part.added", json => WritePart(json, element, part, content));
        else if (started.Part is Part.Thinking) yield return Event("response.reasoning_summary_part.added", json => WriteSummary(json, element, part));
    }

    private StreamEvent WriteDelta(ResponseElement element, ResponsePart part, int content, NeutralEvent.Delta delta)
    {
        var type = part.Told switch
        {
            Part.Call => "response.function_call_arguments.delta",
            Part.Thinking => "response.reasoning_summary_text.delta",
            Part.Refusal => "response.refusal.delta",
            _ => "response.output_text.delta",
        };
        return Event(type, json =>
        {
            WriteWhere(json, element);
            if (element.IsMessage) json.WriteNumber("content_index", content);
            if (part.Told is Part.Thinking) json.WriteNumber("summary_index", 0);
            json.WriteString("delta", delta.Text);
            if (part.Told is not Part.Text) return;
            json.WriteStartArray("logprobs");
            foreach (var token in delta.Logprobs) OpenAiChatReplies.WriteLogprob(json, token);
            json.WriteEndArray();
        });
    }

    private IEnumerable<StreamEvent> Finish(ResponseElement element, ResponsePart part, int content)
    {
        switch (part.Told)
        {
            case Part.Text text:
                yield return Event("response.output_text.done", json =>
                {
                    WriteWhere(json, element);
                    json.WriteNumber("content_index", content);
                    json.WriteString("text", text.Content);
                    json.WriteStartArray("logprobs");
                    foreach (var token in part.Logprobs) OpenAiChatReplies.WriteLogprob(json, token);
                    json.WriteEndArray();
                });
                break;
            case Part.Refusal refusal:
                yield return Event("response.refusal.done", json =>
                {
                    WriteWhere(json, element);
                    json.WriteNumber("content_index", content);
                    json.WriteString("refusal", refusal.Content);
                });
                break;
            case Part.Call call:
                yield return Event("response.function_call_arguments.done", json =>
                {
                    WriteWhere(json, element);
                    json.WriteString("name", call.Name);
                    json.WriteString("arguments", call.Arguments);
                });
                break;
            case Part.Thinking thinking:
                yield return Event("response.reasoning_summary_text.done", json =>
                {
                    WriteWhere(json, element);
                    json.WriteNumber("summary_index", 0);
                    json.WriteString("text", thinking.Content);
                });
                yield return Event("response.reasoning_summary_part.done", json => WriteSummary(json, element, part));
                break;
        }

        if (element.IsMessage) yield return Event("response.content_part.done", json => WritePart(json, element, part, content));
        else yield return ItemDone(element);
    }

    private IEnumerable<StreamEvent> CloseMessage()
    {
        if (_message is not { } message) yield break;
        _message = null;
        yield return ItemDone(message);
    }

    private StreamEvent ItemDone(ResponseElement element) => Event("response.output_item.done", json =>
    {
        json.WriteNumber("output_index", element.Index);
        json.WritePropertyName("item");
        element.Write(json, "completed");
    });

    private void WriteResponse(Utf8JsonWriter json, StopReason? stop)
    {
        json.WritePropertyName("response");
        ResponsesReplies.WriteResponse(json, _reply with { Usage = stop is null ? null : _usage }, stop, () =>
        {
            if (stop is not null) _items.Write(json);
        });
    }

    private static void WriteWhere(Utf8JsonWriter json, ResponseElement element)
    {
        json.WriteString("item_id", element.Id);
        json.WriteNumber("output_index", element.Index);
    }

    private static void WritePart(Utf8JsonWriter json, ResponseElement element, ResponsePart part, int content)
    {
        WriteWhere(json, element);
        json.WriteNumber("content_index", content);
        json.WritePropertyName("part");
        part.Write(json);
    }

    private static void WriteSummary(Utf8JsonWriter json, ResponseElement element, ResponsePart part)
    {
        WriteWhere(json, element);
        json.WriteNumber("summary_index", 0);
        json.WriteStartObject("part");
        json.WriteString("type", "summary_text");
        json.WriteString("text", ((Part.Thinking)part.Told).Content);
        json.WriteEndObject();
    }

    private StreamEvent Event(string type, Action<Utf8JsonWriter> write) => EventText.Event(type, Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        write(json);
        json.WriteNumber("sequence_number", _sequence++);
        json.WriteEndObject();
    }));
}
