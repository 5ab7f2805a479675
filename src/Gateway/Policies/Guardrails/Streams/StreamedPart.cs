using System.Text;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Policies.Guardrails.Streams;

/// <summary>One part of a streamed answer: a text, or a tool call's arguments. Not thread-safe.</summary>
internal sealed class StreamedPart(Part part)
{
    private readonly StringBuilder _text = new();
    private readonly List<(int Start, int End, string Instead)> _changes = [];
    private string? _rewritten;

    public Part Part { get; } = part;

    public bool IsCall => Part is Part.Call;

    public int Length => _text.Length;

    /// <summary>True when nothing more comes.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Up to here all was looked at, and may go.</summary>
    public int Cleared { get; private set; }

    /// <summary>True for a call that was looked at as a whole.</summary>
    public bool IsJudged { get; set; }

    public string Text => _text.ToString();

    public Part.Call AsCall() => (Part.Call)Part with { Arguments = Text };

    /// <summary>Adds a piece; where it lies in the text.</summary>
    public (int Start, int End) Add(string piece)
    {
        var start = _text.Length;
        _text.Append(piece);
        return (start, _text.Length);
    }

    /// <summary>What may go now: all but the window's last characters, and nothing of a finding that may go on.</summary>
    /// <param name="verdicts">Who looks; a finding is counted once.</param>
    /// <param name="window">Characters that are held back while more may come.</param>
    /// <exception cref="Ingress.OpenAiChat.CallRefusal">Something is blocked.</exception>
    public void Clear(IReadOnlyList<GuardVerdict> verdicts, int window)
    {
        var end = HasEnded ? Length : Math.Max(Cleared, Length - window);
        // What was cleared stays in sight as far as a window reaches: what comes next may mean something only behind it.
        var from = Math.Max(0, Cleared - window);
        if (end == Cleared && !HasEnded) return;
        var seen = _text.ToString(from, Length - from);
        var changes = new List<(int Start, int End, GuardVerdict Verdict, TextFinding Finding)>();
        foreach (var verdict in verdicts)
        {
            if (verdict.Guard.Rail.Scope != GuardScope.Texts) continue;
            foreach (var found in verdict.Guard.Rail.FindIn(seen))
            {
                var (start, stop) = (from + found.Start, from + found.End);
                if (stop <= Cleared) continue;
                changes.Add((Math.Max(start, Cleared), stop, verdict, found));
            }
        }

        // A finding at the end may be longer once more is here: it is held back whole.
        if (!HasEnded)
            for (var held = true; held;)
            {
                held = false;
                foreach (var change in changes)
                {
                    if (change.Start >= end || change.End <= end) continue;
                    (end, held) = (change.Start, true);
                }
            }

        foreach (var (start, stop, verdict, found) in changes.OrderBy(change => change.Start).ThenByDescending(change => change.End))
        {
            if (stop > end) continue;
            verdict.Add(found.What, TextGuard.Done(verdict.Guard.Action));
            if (verdict.Guard.Action == GuardAction.Block) throw GuardrailBlock.Of(verdict.Guard, verdict.Stage, $"it holds {found.What}");
            if (verdict.Guard.Action == GuardAction.Redact && !_changes.Exists(change => change.Start < stop && start < change.End))
                _changes.Add((start, stop, verdict.Guard.Rail.Placeholder(seen, found)));
        }

        Cleared = Math.Max(Cleared, end);
    }

    /// <summary>A call's arguments under text guardrails, as a whole.</summary>
    /// <exception cref="Ingress.OpenAiChat.CallRefusal">Something is blocked.</exception>
    public void ClearCall(IReadOnlyList<GuardVerdict> verdicts)
    {
        var text = Text;
        var rewritten = Formats.Json.JsonTexts.RewriteInside(text, one => TextGuard.Apply(one, verdicts));
        if (rewritten != text) _rewritten = rewritten;
        Cleared = Length;
    }

    /// <summary>What stands in the place of a piece. A call that was rewritten is told whole in its first piece.</summary>
    public string Say(int start, int end)
    {
        if (_rewritten is not null) return start == 0 ? _rewritten : "";
        if (_changes.Count == 0) return _text.ToString(start, end - start);
        var said = new StringBuilder();
        var at = start;
        foreach (var (from, to, instead) in _changes.OrderBy(change => change.Start))
        {
            if (to <= start || from >= end) continue;
            if (from > at) said.Append(_text.ToString(at, from - at));
            if (from >= start) said.Append(instead);
            at = Math.Max(at, Math.Min(to, end));
        }

        return at < end ? said.Append(_text.ToString(at, end - at)).ToString() : said.ToString();
    }
}
