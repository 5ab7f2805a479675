using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Tells events as replies. Words are told as they come, calls once they are whole, and the end once what was counted is known.</summary>
internal sealed class GeminiEventWriter(StreamFraming framing) : IEventWriter
{
    private static readonly Dictionary<string, string> NoNames = [];

    private readonly Dictionary<(int Answer, int Index), (Part Part, StringBuilder Said)> _open = [];
    private readonly Dictionary<int, string> _signatures = [];
    private readonly List<NeutralEvent.Stopped> _stops = [];
    private string _id = "";
    private string _model = "";
    private TokenUsage? _usage;
    private bool _first = true;

    public IEnumerable<StreamEvent> Write(NeutralEvent told)
    {
        switch (told)
        {
            case NeutralEvent.Started started:
                (_id, _model) = (started.Id, started.Model);
                break;
            case NeutralEvent.PartStarted started:
                _open[(started.Answer, started.Index)] = (started.Part, new StringBuilder());
                break;
            case NeutralEvent.Delta delta:
                var (part, said) = _open[(delta.Answer, delta.Index)];
                said.Append(delta.Text);
                if (part is not Part.Call)
                {
                    var piece = part switch { Part.Thinking => (Part)new Part.Thinking(delta.Text, null), _ => new Part.Text(delta.Text) };
                    yield return Chunk(delta.Answer, piece, Take(delta.Answer, piece), delta.Logprobs);
                }

                break;
            case NeutralEvent.Signed signed:
                // It goes on what follows: the same reasoning's next piece, words or a call.
                _signatures[signed.Answer] = signed.Signature;
                break;
            case NeutralEvent.PartEnded ended when _open.Remove((ended.Answer, ended.Index), out var whole):
                if (whole.Part is Part.Call call)
                {
                    var made = call with { Arguments = call.Arguments + whole.Said };
                    yield return Chunk(ended.Answer, made, Take(ended.Answer, made), []);
                }
                else if (whole.Part is Part.Thinking && whole.Said.Length > 0 && _signatures.Remove(ended.Answer, out var signature))
                {
                    yield return Chunk(ended.Answer, new Part.Thinking("", null), signature, []);
                }

                break;
            case NeutralEvent.Stopped stopped:
                _stops.Add(stopped);
                break;
            case NeutralEvent.Counted counted:
                _usage = counted.Usage;
                break;
            case NeutralEvent.Failed failed:
                yield return Framed(WireFormats.All[WireFormats.Gemini].WriteError(new CallRefusal(502, failed.Type ?? "api_error", "provider_failed", failed.Message)));
                break;
            case NeutralEvent.Ended:
                yield return Framed(Wire.Write(WriteLast));
                if (framing == StreamFraming.JsonArray) yield return new StreamEvent(default, "]\n"u8.ToArray());
                break;
        }
    }

    private string? Take(int answer, Part part) => part is not Part.Thinking && _signatures.Remove(answer, out var signature) ? signature : null;

    private StreamEvent Chunk(int answer, Part part, string? signature, IReadOnlyList<TokenLogprob> logprobs) => Framed(Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("candidates");
        GeminiReplies.WriteCandidate(json, answer, () => GeminiWriter.WritePart(json, part, NoNames, signature, null), null, logprobs);
        json.WriteEndArray();
        GeminiReplies.WriteEnd(json, null, _model, _id);
        json.WriteEndObject();
    }));

    private void WriteLast(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("candidates");
        foreach (var stop in _stops)
        {
            // A signature that nothing followed stands on empty words.
            var signed = _signatures.Remove(stop.Answer, out var signature);
            GeminiReplies.WriteCandidate(
                json, stop.Answer, () =>
                {
                    if (signed) GeminiWriter.WritePart(json, new Part.Text(""), NoNames, signature, null);
                },
                stop.Reason, []);
        }

        json.WriteEndArray();
        GeminiReplies.WriteEnd(json, _usage, _model, _id);
        json.WriteEndObject();
    }

    private StreamEvent Framed(ReadOnlyMemory<byte> reply)
    {
        if (framing == StreamFraming.ServerSentEvents) return new StreamEvent(reply, EventText.Write(null, reply));
        byte[] raw = [.. _first ? "["u8 : ",\r\n"u8, .. reply.Span];
        _first = false;
        return new StreamEvent(reply, raw);
    }
}
