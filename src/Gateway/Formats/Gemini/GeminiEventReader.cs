using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Reads the replies that a stream is made of: words go on from reply to reply, calls come whole.</summary>
internal sealed class GeminiEventReader : IEventReader
{
    private readonly GeminiUsageReader _usage = new();
    private readonly Dictionary<int, OpenAnswer> _answers = [];
    private bool _started;
    private bool _ended;
    private string _id = "";

    public IEnumerable<NeutralEvent> Read(StreamEvent streamed)
    {
        if (streamed.Data.IsEmpty || streamed.IsDone) yield break;
        var json = JsonRead.Parse(streamed.Data);
        _usage.ReadEvent(streamed.Data.Span);
        if (json.Object("error") is { } error)
        {
            yield return new NeutralEvent.Failed(error.Text("message") ?? "The model server told of an error without saying which.", error.Text("status"));
            yield break;
        }

        if (!_started)
        {
            _started = true;
            _id = json.Either("responseId").Text() ?? "";
            yield return new NeutralEvent.Started(_id, json.Either("modelVersion").Text() ?? "", null);
        }

        if (json.Object("promptFeedback")?.Text("blockReason") is not null) yield return new NeutralEvent.Stopped(0, StopReason.Filter, null);
        foreach (var (position, candidate) in json.Objects("candidates").Index())
        {
            var index = (int)(candidate.Whole("index") ?? position);
            if (!_answers.TryGetValue(index, out var answer)) _answers.Add(index, answer = new OpenAnswer(index, _id));
            foreach (var told in answer.Read(candidate)) yield return told;
        }
    }

    public IEnumerable<NeutralEvent> End()
    {
        if (_ended) yield break;
        _ended = true;
        if (_usage.Report().Tokens is { } usage) yield return new NeutralEvent.Counted(usage);
        yield return new NeutralEvent.Ended();
    }

    private sealed class OpenAnswer(int answer, string reply)
    {
        private Part? _open;
        private int _index = -1;
        private int _calls;
        private bool _sawCall;
        private bool _stopped;

        public IEnumerable<NeutralEvent> Read(JsonElement candidate)
        {
            var logprobs = GeminiReplies.ReadLogprobs(candidate);
            List<Part> parts = candidate.Object("content") is { } content
                ? [.. GeminiReader.ReadParts(content, call => GeminiReplies.CallId(call, reply, answer, ref _calls), _ => "", null)] : [];
            foreach (var part in parts)
            {
                foreach (var told in Say(part, part is Part.Text ? logprobs : [])) yield return told;
                if (part is Part.Text) logprobs = [];
            }

            if (candidate.Either("finishReason").Text() is not { } reason || _stopped) yield break;
            _stopped = true;
            foreach (var told in Close()) yield return told;
            yield return new NeutralEvent.Stopped(answer, GeminiReplies.ReadStop(reason, _sawCall), null);
        }

        private IEnumerable<NeutralEvent> Say(Part part, IReadOnlyList<TokenLogprob> logprobs)
        {
            var (kind, said) = part switch
            {
                Part.Text text => ((Part)new Part.Text(""), text.Content),
                Part.Thinking { Content.Length: > 0 } thinking => (new Part.Thinking("", null), thinking.Content),
                Part.Call call => (call with { Arguments = "" }, call.Arguments),
                _ => (part, ""),
            };
            _sawCall |= part is Part.Call;
            // A signature may come after the last words of its reasoning, on a part without any.
            var goesOn = part is Part.Text or Part.Thinking && _open?.GetType() == part.GetType();
            if (!goesOn)
            {
                foreach (var told in Close()) yield return told;
                (_open, _index) = (kind, _index + 1);
                yield return new NeutralEvent.PartStarted(answer, _index, part is Part.Thinking ? new Part.Thinking("", null) : kind);
            }

            if (said.Length > 0) yield return new NeutralEvent.Delta(answer, _index, said) { Logprobs = logprobs };
            if (part is Part.Thinking { Signature: { } signature })
            {
                yield return new NeutralEvent.Signed(answer, _index, signature);
                // What was signed is closed: more of the same is a reasoning of its own.
                foreach (var told in Close()) yield return told;
            }

            if (part is Part.Call)
                foreach (var told in Close()) yield return told;
        }

        private IEnumerable<NeutralEvent> Close()
        {
            if (_open is null) yield break;
            _open = null;
            yield return new NeutralEvent.PartEnded(answer, _index);
        }
    }
}
