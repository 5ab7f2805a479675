using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Reads the events of a response.</summary>
internal sealed class ResponsesEventReader : IEventReader
{
    private readonly ResponsesUsageReader _usage = new();
    // By output index, and for words also by content index.
    private readonly Dictionary<(long Output, long Content), (int Index, bool Said)> _parts = [];
    private int _next;
    private bool _calls;
    private bool _ended;

    public IEnumerable<NeutralEvent> Read(StreamEvent streamed)
    {
        if (streamed.Data.IsEmpty || streamed.IsDone) yield break;
        var json = JsonRead.Parse(streamed.Data);
        _usage.ReadEvent(streamed.Data.Span);
        var (output, content) = (json.Whole("output_index") ?? 0, json.Whole("content_index") ?? 0);
        switch (json.Text("type"))
        {
            case "response.created" when json.Object("response") is { } response:
                yield return new NeutralEvent.Started(response.Text("id") ?? "", response.Text("model") ?? "", response.Whole("created_at"));
                break;
            case "response.output_item.added" when json.Object("item") is { } item:
                if (item.Text("type") == "function_call")
                {
                    _calls = true;
                    yield return Begin((output, -1), new Part.Call(item.Text("call_id") ?? "", item.Text("name") ?? "", ""));
                }
                else if (item.Text("type") == "reasoning") yield return Begin((output, -1), new Part.Thinking("", null) { Id = item.Text("id") });
                break;
            case "response.content_part.added" when json.Object("part") is { } part:
                if (part.Text("type") == "output_text") yield return Begin((output, content), new Part.Text(""));
                else if (part.Text("type") == "refusal") yield return Begin((output, content), new Part.Refusal(""));
                break;
            case "response.output_text.delta" or "response.refusal.delta" when json.Text("delta") is { Length: > 0 } said:
                foreach (var told in Say((output, content), said, [.. json.Objects("logprobs").Select(OpenAiChatReplies.ReadLogprob)])) yield return told;
                break;
            case "response.function_call_arguments.delta" or "response.reasoning_summary_text.delta" or "response.reasoning_text.delta" when json.Text("delta") is { Length: > 0 } said:
                foreach (var told in Say((output, -1), said, [])) yield return told;
                break;
            case "response.reasoning_summary_part.added" when _parts.TryGetValue((output, -1), out var thought) && thought.Said:
                yield return new NeutralEvent.Delta(0, thought.Index, "\n\n");
                break;
            case "response.content_part.done":
                foreach (var told in Finish((output, content))) yield return told;
                break;
            case "response.output_item.done" when json.Object("item") is { } item:
                foreach (var told in FinishItem(output, item)) yield return told;
                break;
            case "response.completed" or "response.incomplete" when json.Object("response") is { } response:
                yield return new NeutralEvent.Stopped(0, ResponsesReplies.ReadStop(response, _calls), null);
                foreach (var told in End()) yield return told;
                break;
            case "response.failed":
                var failed = json.Object("response")?.Object("error");
                yield return new NeutralEvent.Failed(failed?.Text("message") ?? "The model server failed without saying why.", failed?.Text("code"));
                break;
            case "error":
                var error = json.Object("error") ?? json;
                yield return new NeutralEvent.Failed(error.Text("message") ?? "The model server told of an error without saying which.", error.Text("code"));
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

    private NeutralEvent.PartStarted Begin((long, long) key, Part part)
    {
        _parts[key] = (_next, false);
        return new NeutralEvent.PartStarted(0, _next++, part);
    }

    private IEnumerable<NeutralEvent> Say((long, long) key, string said, IReadOnlyList<TokenLogprob> logprobs)
    {
        if (!_parts.TryGetValue(key, out var part)) yield break;
        _parts[key] = (part.Index, true);
        yield return new NeutralEvent.Delta(0, part.Index, said) { Logprobs = logprobs };
    }

    private IEnumerable<NeutralEvent> Finish((long, long) key)
    {
        if (_parts.Remove(key, out var part)) yield return new NeutralEvent.PartEnded(0, part.Index);
    }

    private IEnumerable<NeutralEvent> FinishItem(long output, JsonElement item)
    {
        if (!_parts.TryGetValue((output, -1), out var part)) yield break;
        // What came in no piece comes at the end.
        if (!part.Said && item.Text("type") == "function_call" && item.Text("arguments") is { Length: > 0 } arguments) yield return new NeutralEvent.Delta(0, part.Index, arguments);
        if (item.Text("encrypted_content") is { } signature) yield return new NeutralEvent.Signed(0, part.Index, signature);
        foreach (var told in Finish((output, -1))) yield return told;
    }
}
