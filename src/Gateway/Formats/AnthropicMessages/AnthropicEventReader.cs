using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Reads the events of a message.</summary>
internal sealed class AnthropicEventReader : IEventReader
{
    private readonly MessagesUsageReader _usage = new();
    private readonly Dictionary<long, int> _parts = [];
    private int _next;
    private bool _ended;

    public IEnumerable<NeutralEvent> Read(StreamEvent streamed)
    {
        if (streamed.Data.IsEmpty || streamed.IsDone) yield break;
        var json = JsonRead.Parse(streamed.Data);
        _usage.ReadEvent(streamed.Data.Span);
        switch (json.Text("type"))
        {
            case "message_start" when json.Object("message") is { } message:
                yield return new NeutralEvent.Started(message.Text("id") ?? "", message.Text("model") ?? "", null);
                break;
            case "content_block_start" when json.Object("content_block") is { } block:
                Part? part = block.Text("type") switch
                {
                    "text" => new Part.Text(""),
                    "thinking" => new Part.Thinking("", null),
                    "redacted_thinking" => new Part.Hidden(block.Text("data") ?? ""),
                    "tool_use" => new Part.Call(block.Text("id") ?? "", block.Text("name") ?? "", ""),
                    _ => null,
                };
                // Blocks of the provider's own tools have no word in other formats.
                if (part is null) break;
                _parts[json.Whole("index") ?? 0] = _next;
                yield return new NeutralEvent.PartStarted(0, _next, part);
                if (block.Text("text") is { Length: > 0 } first) yield return new NeutralEvent.Delta(0, _next, first);
                if (part is Part.Call && block.Object("input") is { } input && input.EnumerateObject().Any()) yield return new NeutralEvent.Delta(0, _next, input.GetRawText());
                _next++;
                break;
            case "content_block_delta" when json.Object("delta") is { } delta && _parts.TryGetValue(json.Whole("index") ?? 0, out var index):
                if ((delta.Text("text") ?? delta.Text("partial_json") ?? delta.Text("thinking")) is { Length: > 0 } said) yield return new NeutralEvent.Delta(0, index, said);
                if (delta.Text("signature") is { } signature) yield return new NeutralEvent.Signed(0, index, signature);
                break;
            case "content_block_stop" when _parts.Remove(json.Whole("index") ?? 0, out var index):
                yield return new NeutralEvent.PartEnded(0, index);
                break;
            case "message_delta" when json.Object("delta") is { } delta && delta.Text("stop_reason") is { } reason:
                yield return new NeutralEvent.Stopped(0, AnthropicReplies.ReadStop(reason), delta.Text("stop_sequence"));
                break;
            case "message_stop":
                foreach (var told in End()) yield return told;
                break;
            case "error":
                var error = json.Object("error");
                yield return new NeutralEvent.Failed(error?.Text("message") ?? "The model server told of an error without saying which.", error?.Text("type"));
                break;
        }
    }

    public IEnumerable<NeutralEvent> End()
    {
        if (_ended) yield break;
        _ended = true;
        if (_usage.Report().Tokens is { } usage) yield return new NeutralEvent.Counted(usage);
        yield return new NeutralEvent.Ended();
    }
}
