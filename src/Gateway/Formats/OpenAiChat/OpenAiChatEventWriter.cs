using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Tells events as chunks.</summary>
internal sealed class OpenAiChatEventWriter(bool includeUsage) : IEventWriter
{
    private static readonly ReadOnlyMemory<byte> Done = "[DONE]"u8.ToArray();

    private readonly Dictionary<(int Answer, int Index), Told> _parts = [];
    private readonly Dictionary<int, int> _calls = [];
    private readonly HashSet<int> _begun = [];
    private string _id = "";
    private string _model = "";
    private long? _created;
    private TokenUsage? _usage;

    public IEnumerable<StreamEvent> Write(NeutralEvent told)
    {
        switch (told)
        {
            case NeutralEvent.Started started:
                (_id, _model, _created) = (started.Id, started.Model, started.Created);
                break;
            case NeutralEvent.PartStarted part:
                _parts[(part.Answer, part.Index)] = new Told(part.Part);
                if (part.Part is Part.Call call)
                {
                    var number = _calls[part.Answer] = _calls.GetValueOrDefault(part.Answer, -1) + 1;
                    _parts[(part.Answer, part.Index)].Call = number;
                    yield return Chunk(part.Answer, json =>
                    {
                        json.WriteStartArray("tool_calls");
                        OpenAiChatWriter.WriteCall(json, call, number);
                        json.WriteEndArray();
                    });
                }
                else if (part.Part is Part.Hidden)
                {
                    yield return Chunk(part.Answer, json => WriteThought(json, part.Part));
                }

                break;
            case NeutralEvent.Delta delta:
                yield return WriteDelta(delta);
                break;
            case NeutralEvent.Signed signed:
                _parts[(signed.Answer, signed.Index)].Signature = signed.Signature;
                break;
            case NeutralEvent.PartEnded ended when _parts.Remove((ended.Answer, ended.Index), out var kept) && kept is { Part: Part.Thinking thinking, Signature: not null }:
                yield return Chunk(ended.Answer, json => WriteThought(json, thinking with { Content = kept.Thought, Signature = kept.Signature }));
                break;
            case NeutralEvent.Stopped stopped:
                yield return Chunk(stopped.Answer, _ => { }, OpenAiChatReplies.WriteStop(stopped.Reason));
                break;
            case NeutralEvent.Counted counted:
                _usage = counted.Usage;
                break;
            case NeutralEvent.Failed failed:
                yield return EventText.Event(null, new CallRefusal(502, failed.Type ?? "api_error", "provider_failed", failed.Message).Body());
                break;
            case NeutralEvent.Ended:
                if (includeUsage) yield return EventText.Event(null, Wire.Write(WriteUsage));
                yield return EventText.Event(null, Done);
                break;
        }
    }

    private static void WriteThought(Utf8JsonWriter json, Part part)
    {
        json.WriteStartArray("thinking_blocks");
        OpenAiChatReplies.WriteThought(json, part);
        json.WriteEndArray();
    }

    private StreamEvent WriteDelta(NeutralEvent.Delta delta)
    {
        var told = _parts[(delta.Answer, delta.Index)];
        if (told.Part is Part.Thinking) told.Thought += delta.Text;
        return Chunk(
            delta.Answer,
            json =>
            {
                if (told.Part is not Part.Call)
                {
                    json.WriteString(told.Part switch { Part.Thinking => "reasoning_content", Part.Refusal => "refusal", _ => "content" }, delta.Text);
                    return;
                }

                json.WriteStartArray("tool_calls");
                json.WriteStartObject();
                json.WriteNumber("index", told.Call);
                json.WriteStartObject("function");
                json.WriteString("arguments", delta.Text);
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndArray();
            },
            logprobs: delta.Logprobs);
    }

    private StreamEvent Chunk(int answer, Action<Utf8JsonWriter> writeDelta, string? finish = null, IReadOnlyList<TokenLogprob>? logprobs = null) =>
        EventText.Event(null, Wire.Write(json =>
        {
            OpenAiChatReplies.WriteStart(json, _id, _model, _created, "chat.completion.chunk");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", answer);
            json.WriteStartObject("delta");
            if (_begun.Add(answer)) json.WriteString("role", "assistant");
            writeDelta(json);
            json.WriteEndObject();
            OpenAiChatReplies.WriteLogprobs(json, logprobs ?? []);
            json.WriteString("finish_reason", finish);
            json.WriteEndObject();
            json.WriteEndArray();
            if (includeUsage) json.WriteNull("usage");
            json.WriteEndObject();
        }));

    private void WriteUsage(Utf8JsonWriter json)
    {
        OpenAiChatReplies.WriteStart(json, _id, _model, _created, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteEndArray();
        json.WritePropertyName("usage");
        if (_usage is { } usage) OpenAiChatReplies.WriteUsage(json, usage);
        else json.WriteNullValue();
        json.WriteEndObject();
    }

    private sealed class Told(Part part)
    {
        public Part Part { get; } = part;

        public int Call { get; set; }

        public string Thought { get; set; } = "";

        public string? Signature { get; set; }
    }
}
