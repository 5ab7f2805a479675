using System.Text.Json;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Policies.Checks;

namespace Espalier.Gateway.Policies.Guardrails.Streams;

/// <summary>Lets a stream through as far as guardrails have looked at it. Tool calls are always held back whole; events keep their order and their bytes.</summary>
/// <remarks>A block before the first byte is an error like any other; after it the stream ends with an error event of the client's format, and the rest is read for its usage
/// alone. Not thread-safe: one stream, one writer.</remarks>
internal sealed class GuardedOutput : IReplyOutput
{
    private readonly CallGuards _guards;
    private readonly IReplyOutput _client;
    private readonly WireRequest _request;
    private readonly IEventReader _reader;
    private readonly Queue<HeldEvent> _held = new();
    private readonly Dictionary<(int Answer, int Index), StreamedPart> _parts = [];
    private readonly List<GuardVerdict> _strict;
    private readonly List<GuardVerdict> _audit;
    private readonly StreamMode _mode;
    private readonly int _window;
    private bool _begun;
    private bool _broken;
    private CallRefusal? _blocked;

    public GuardedOutput(CallGuards guards, IReplyOutput client, WireRequest request)
    {
        (_guards, _client, _request, _reader) = (guards, client, request, request.Format.NewEventReader());
        var verdicts = guards.Verdicts(guard => guard.OnOutput, "output");
        _strict = [.. verdicts.Where(verdict => verdict.Guard.Stream != StreamMode.Audit)];
        _audit = [.. verdicts.Where(verdict => verdict.Guard.Stream == StreamMode.Audit)];
        _mode = _strict.Count == 0 ? StreamMode.Audit : _strict.Min(verdict => verdict.Guard.Stream);
        _window = _strict.Where(verdict => verdict.Guard.Stream == StreamMode.Window).Select(verdict => verdict.Guard.Window).DefaultIfEmpty(0).Max();
    }

    public async Task WriteAsync(StreamEvent streamed)
    {
        if (_blocked is not null) return;
        if (streamed.IsOwn)
        {
            await BreakAsync();
            if (_blocked is null) await PassAsync(streamed);
            return;
        }

        var pieces = Read(streamed);
        if (_mode == StreamMode.Audit)
        {
            await PassAsync(streamed);
            return;
        }

        // Its bytes are gone when the next one is read.
        _held.Enqueue(new HeldEvent(streamed with { Data = streamed.Data.ToArray(), Raw = streamed.Raw.ToArray() }, pieces));
        if (_mode == StreamMode.Window) await TryAsync(ReleaseAsync);
    }

    /// <summary>Looks at what is left, and writes the verdicts down.</summary>
    /// <exception cref="CallRefusal">A guardrail blocked the answer, and nothing of it was shown.</exception>
    public async Task EndAsync()
    {
        try
        {
            if (_blocked is null && !_broken) await FinishAsync();
            Audit();
        }
        finally
        {
            await _guards.WriteAsync([.. _strict, .. _audit]);
        }

        if (_blocked is null) return;
        _guards.Blocked(_blocked);
        if (!_begun) throw _blocked;
    }

    private async Task FinishAsync()
    {
        foreach (var part in _parts.Values) part.HasEnded = true;
        await TryAsync(async () =>
        {
            // Whole answers first: a call that lacks approval must not let the text before it out.
            if (_mode == StreamMode.Buffer)
                foreach (var answer in Answers()) await JudgeAsync(answer);
            await ReleaseAsync();
        });
    }

    // The stream broke off: what text is held back may be looked at and shown; half a call is no call, and half an answer fits no schema.
    private async Task BreakAsync()
    {
        _broken = true;
        foreach (var part in _parts.Values.Where(part => !part.IsCall)) part.HasEnded = true;
        if (_mode == StreamMode.Window) await TryAsync(ReleaseAsync);
        _held.Clear();
    }

    private async Task JudgeAsync(ReplyFacts facts)
    {
        await _guards.JudgeAsync(_strict, facts, CancellationToken.None);
        foreach (var part in _parts.Values) part.IsJudged |= part.IsCall;
    }

    private IEnumerable<ReplyFacts> Answers() =>
        from entry in _parts
        group entry.Value by entry.Key.Answer into answer
        select new ReplyFacts(
            string.Concat(answer.Where(part => part.Part is Part.Text).Select(part => part.Text)), [.. answer.Where(part => part.IsCall).Select(part => part.AsCall())], _guards.Offered);

    private List<Piece> Read(StreamEvent streamed)
    {
        var pieces = new List<Piece>();
        if (streamed.Data.IsEmpty) return pieces;
        try
        {
            foreach (var told in _reader.Read(streamed))
            {
                switch (told)
                {
                    case NeutralEvent.PartStarted started:
                        _parts[(started.Answer, started.Index)] = new StreamedPart(started.Part);
                        break;
                    case NeutralEvent.Delta delta when _parts.TryGetValue((delta.Answer, delta.Index), out var part):
                        var (start, end) = part.Add(delta.Text);
                        pieces.Add(new Piece(part, start, end));
                        break;
                    case NeutralEvent.PartEnded ended when _parts.TryGetValue((ended.Answer, ended.Index), out var part):
                        part.HasEnded = true;
                        break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BrokenReplyException();
        }

        return pieces;
    }

    private async Task ReleaseAsync()
    {
        foreach (var part in _parts.Values)
        {
            if (!part.IsCall) part.Clear(_strict, _window);
            else if (part.HasEnded && part.Cleared == 0)
            {
                if (!part.IsJudged) await _guards.JudgeCallsAsync(_strict, [part.AsCall()], CancellationToken.None);
                part.IsJudged = true;
                part.ClearCall(_strict);
            }
        }

        while (_held.TryPeek(out var held) && held.Pieces.TrueForAll(piece => piece.End <= piece.Part.Cleared && (!piece.Part.IsCall || piece.Part.IsJudged)))
        {
            _held.Dequeue();
            await PassAsync(Rewrite(held));
        }
    }

    private StreamEvent Rewrite(HeldEvent held)
    {
        var streamed = held.Event;
        if (streamed.Data.IsEmpty || streamed.IsDone || !_strict.Exists(verdict => verdict is { IsTriggered: true, Guard.Action: GuardAction.Redact })) return streamed;
        List<Piece> pieces = [.. held.Pieces];
        var data = JsonTexts.Rewrite(streamed.Data, text =>
        {
            var at = pieces.FindIndex(piece => piece.Part.Text[piece.Start..piece.End] == text);
            if (at < 0) return Redact(text);
            var piece = pieces[at];
            pieces.RemoveAt(at);
            return piece.Part.Say(piece.Start, piece.End);
        });
        if (data.Equals(streamed.Data)) return streamed;
        // Token by token the text would be there still.
        data = JsonCut.WithoutTokens(data);
        return streamed.With(data);
    }

    // What an event repeats of the answer, or tells beside it, was counted where it was said first.
    private string Redact(string text)
    {
        foreach (var verdict in _strict)
        {
            if (verdict.Guard is not { Action: GuardAction.Redact, Rail: { Scope: GuardScope.Texts } rail }) continue;
            if (rail.FindIn(text) is { Count: > 0 } found) text = TextGuard.Redact(text, rail, found);
        }

        return text;
    }

    private void Audit()
    {
        foreach (var verdict in _audit)
        {
            foreach (var part in _parts.Values)
                foreach (var found in verdict.Guard.Rail.FindIn(part.Text)) verdict.Add(found.What, "flagged");
            foreach (var answer in Answers())
            {
                if (verdict.Guard.Rail.Inspect(answer) is { } problem) verdict.Add(problem, "flagged");
                foreach (var call in answer.Calls)
                    if (verdict.Guard.Rail is Tools.ToolsGuardrail tools && tools.Problem(call.Name) is { } wrong) verdict.Add(wrong, "flagged");
            }
        }
    }

    private async Task TryAsync(Func<Task> release)
    {
        try
        {
            await release();
        }
        catch (CallRefusal refusal)
        {
            _blocked = refusal;
            _held.Clear();
            if (_begun) await _client.WriteAsync(new StreamEvent(default, _request.Format.WriteErrorEvent(refusal, _request.Target.Framing)) { IsOwn = true });
        }
    }

    private Task PassAsync(StreamEvent streamed)
    {
        _begun |= !streamed.Raw.IsEmpty;
        return _client.WriteAsync(streamed);
    }

    private readonly record struct Piece(StreamedPart Part, int Start, int End);

    private sealed record HeldEvent(StreamEvent Event, List<Piece> Pieces);
}
