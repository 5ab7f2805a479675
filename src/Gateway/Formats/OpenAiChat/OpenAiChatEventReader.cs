using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Reads chunks. A chunk does not say where a part begins or ends; that follows from what comes next.</summary>
internal sealed class OpenAiChatEventReader : IEventReader
{
    private readonly ChatUsageReader _usage = new();
    private readonly SortedDictionary<int, OpenAnswer> _answers = [];
    private bool _started;
    private bool _ended;

    public IEnumerable<NeutralEvent> Read(StreamEvent streamed)
    {
        if (streamed.Data.IsEmpty) yield break;
        if (streamed.IsDone)
        {
            foreach (var told in End()) yield return told;
            yield break;
        }

        var json = JsonRead.Parse(streamed.Data);
        _usage.ReadEvent(streamed.Data.Span);
        if (json.Member("error") is { } error)
        {
            yield return new NeutralEvent.Failed(error.Text("message") ?? error.ToString(), error.Text("type"));
            yield break;
        }

        if (!_started)
        {
            _started = true;
            yield return new NeutralEvent.Started(json.Text("id") ?? "", json.Text("model") ?? "", json.Whole("created"));
        }

        foreach (var choice in json.Objects("choices"))
        {
            var index = (int)(choice.Whole("index") ?? 0);
            if (!_answers.TryGetValue(index, out var answer)) _answers.Add(index, answer = new OpenAnswer(index));
            if (choice.Object("delta") is { } delta)
                foreach (var told in answer.Read(delta, OpenAiChatReplies.ReadLogprobs(choice))) yield return told;
            if (choice.Text("finish_reason") is not { } reason || answer.Stopped) continue;
            answer.Stopped = true;
            foreach (var told in answer.Close()) yield return told;
            yield return new NeutralEvent.Stopped(index, OpenAiChatReplies.ReadStop(reason), null);
        }
    }

    public IEnumerable<NeutralEvent> End()
    {
        if (_ended) yield break;
        _ended = true;
        if (_usage.Report().Tokens is { } usage) yield return new NeutralEvent.Counted(usage);
        yield return new NeutralEvent.Ended();
    }

    private sealed class OpenAnswer(int answer)
    {
        private readonly Dictionary<int, int> _calls = [];
        private readonly HashSet<int> _closed = [];
        private Part? _open;
        private int _index = -1;

        public bool Stopped { get; set; }

        public IEnumerable<NeutralEvent> Read(JsonElement delta, IReadOnlyList<TokenLogprob> logprobs)
        {
            foreach (var block in delta.Objects("thinking_blocks"))
            {
                if (block.Text("type") == "redacted_thinking")
                {
                    foreach (var told in Begin(new Part.Hidden(block.Text("data") ?? ""))) yield return told;
                }
                else if (block.Text("signature") is { } signature)
                {
                    if (_open is not Part.Thinking)
                        foreach (var told in Begin(new Part.Thinking("", null))) yield return told;
                    yield return new NeutralEvent.Signed(answer, _index, signature);
                    foreach (var told in Close()) yield return told;
                }
            }

            if ((delta.Text("reasoning_content") ?? delta.Text("reasoning")) is { Length: > 0 } thought)
                foreach (var told in Say(new Part.Thinking("", null), thought, [])) yield return told;
            if (delta.Text("content") is { Length: > 0 } text)
                foreach (var told in Say(new Part.Text(""), text, logprobs)) yield return told;
            if (delta.Text("refusal") is { Length: > 0 } refusal)
                foreach (var told in Say(new Part.Refusal(""), refusal, [])) yield return told;
            foreach (var (position, call) in delta.Objects("tool_calls").Index())
                foreach (var told in ReadCall(call, (int)(call.Whole("index") ?? position))) yield return told;
        }

        public IEnumerable<NeutralEvent> Close()
        {
            if (_open is null) yield break;
            _open = null;
            _closed.Add(_index);
            yield return new NeutralEvent.PartEnded(answer, _index);
        }

        private IEnumerable<NeutralEvent> Begin(Part part)
        {
            foreach (var told in Close()) yield return told;
            (_open, _index) = (part, _index + 1);
            yield return new NeutralEvent.PartStarted(answer, _index, part);
        }

        private IEnumerable<NeutralEvent> Say(Part kind, string said, IReadOnlyList<TokenLogprob> logprobs)
        {
            if (_open?.GetType() != kind.GetType())
                foreach (var told in Begin(kind)) yield return told;
            yield return new NeutralEvent.Delta(answer, _index, said) { Logprobs = logprobs };
        }

        private IEnumerable<NeutralEvent> ReadCall(JsonElement call, int number)
        {
            var function = call.Object("function");
            if (!_calls.TryGetValue(number, out var index))
            {
                foreach (var told in Begin(new Part.Call(call.Text("id") ?? $"call_{answer}_{number}", function?.Text("name") ?? "", ""))) yield return told;
                _calls.Add(number, index = _index);
            }

            if (function?.Text("arguments") is not { Length: > 0 } arguments) yield break;
            // A piece for a call that another one has followed already would be lost silently.
            if (_closed.Contains(index)) throw new BrokenReplyException();
            yield return new NeutralEvent.Delta(answer, index, arguments);
        }
    }
}
