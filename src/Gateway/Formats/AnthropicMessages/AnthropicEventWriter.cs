using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Tells events as those of a message. Only the first answer is told: the format has one.</summary>
internal sealed class AnthropicEventWriter : IEventWriter
{
    private readonly Dictionary<int, Part> _open = [];
    private StopReason _stop = StopReason.End;
    private string? _sequence;
    private TokenUsage? _usage;

    public IEnumerable<StreamEvent> Write(NeutralEvent told)
    {
        switch (told)
        {
            case NeutralEvent.Started started:
                yield return Event("message_start", json =>
                {
                    json.WriteStartObject("message");
                    AnthropicReplies.WriteStart(json, started.Id, started.Model);
                    json.WriteStartArray("content");
                    json.WriteEndArray();
                    json.WriteNull("stop_reason");
                    json.WriteNull("stop_sequence");
                    // What was counted is known at the end alone.
                    json.WritePropertyName("usage");
                    AnthropicReplies.WriteUsage(json, null);
                    json.WriteEndObject();
                });
                break;
            case NeutralEvent.PartStarted { Answer: 0 } part:
                _open[part.Index] = part.Part;
                yield return Event("content_block_start", json =>
                {
                    json.WriteNumber("index", part.Index);
                    json.WritePropertyName("content_block");
                    AnthropicWriter.WriteBlock(json, part.Part, null);
                });
                break;
            case NeutralEvent.Delta { Answer: 0 } delta:
                yield return Delta(delta.Index, json =>
                {
                    var (type, name) = _open[delta.Index] switch
                    {
                        Part.Thinking => ("thinking_delta", "thinking"),
                        Part.Call => ("input_json_delta", "partial_json"),
                        _ => ("text_delta", "text"),
                    };
                    json.WriteString("type", type);
                    json.WriteString(name, delta.Text);
                });
                break;
            case NeutralEvent.Signed { Answer: 0 } signed:
                yield return Delta(signed.Index, json =>
                {
                    json.WriteString("type", "signature_delta");
                    json.WriteString("signature", signed.Signature);
                });
                break;
            case NeutralEvent.PartEnded { Answer: 0 } ended:
                _open.Remove(ended.Index);
                yield return Event("content_block_stop", json => json.WriteNumber("index", ended.Index));
                break;
            case NeutralEvent.Stopped { Answer: 0 } stopped:
                (_stop, _sequence) = (stopped.Reason, stopped.Sequence);
                break;
            case NeutralEvent.Counted counted:
                _usage = counted.Usage;
                break;
            case NeutralEvent.Failed failed:
                var refusal = new CallRefusal(502, failed.Type ?? "api_error", "provider_failed", failed.Message);
                yield return EventText.Event("error", WireFormats.All[WireFormats.Anthropic].WriteError(refusal));
                break;
            case NeutralEvent.Ended:
                yield return Event("message_delta", json =>
                {
                    json.WriteStartObject("delta");
                    json.WriteString("stop_reason", AnthropicReplies.WriteStop(_stop));
                    json.WriteString("stop_sequence", _sequence);
                    json.WriteEndObject();
                    json.WritePropertyName("usage");
                    AnthropicReplies.WriteUsage(json, _usage);
                });
                yield return Event("message_stop", _ => { });
                break;
        }
    }

    private static StreamEvent Delta(int index, Action<Utf8JsonWriter> write) => Event("content_block_delta", json =>
    {
        json.WriteNumber("index", index);
        json.WriteStartObject("delta");
        write(json);
        json.WriteEndObject();
    });

    private static StreamEvent Event(string type, Action<Utf8JsonWriter> write) => EventText.Event(type, Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        write(json);
        json.WriteEndObject();
    }));
}
