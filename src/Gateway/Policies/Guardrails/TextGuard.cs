using System.Text;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>Texts under guardrails: what is found is counted, taken out, or a reason to stop.</summary>
internal static class TextGuard
{
    /// <summary>The text as it may go on; the same object when nothing is taken out.</summary>
    /// <exception cref="Ingress.OpenAiChat.CallRefusal">Something in it is blocked.</exception>
    public static string Apply(string text, IEnumerable<GuardVerdict> verdicts)
    {
        foreach (var verdict in verdicts)
        {
            if (verdict.Guard.Rail.Scope != GuardScope.Texts) continue;
            var found = verdict.Guard.Rail.FindIn(text);
            if (found.Count == 0) continue;
            foreach (var one in found) verdict.Add(one.What, Done(verdict.Guard.Action));
            if (verdict.Guard.Action == GuardAction.Block) throw GuardrailBlock.Of(verdict.Guard, verdict.Stage, $"it holds {found[0].What}");
            if (verdict.Guard.Action == GuardAction.Redact) text = Redact(text, verdict.Guard.Rail, found);
        }

        return text;
    }

    public static string Done(GuardAction action) => action switch { GuardAction.Block => "blocked", GuardAction.Redact => "redacted", _ => "flagged" };

    public static string Redact(string text, IGuardrail rail, IReadOnlyList<TextFinding> found)
    {
        var result = new StringBuilder(text.Length + (found.Count * 8));
        var at = 0;
        foreach (var one in found.OrderBy(one => one.Start).ThenByDescending(one => one.End))
        {
            if (one.Start < at) continue;
            result.Append(text, at, one.Start - at).Append(rail.Placeholder(text, one));
            at = one.End;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }
}
