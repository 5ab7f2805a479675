using System.Text;

namespace Espalier.Core.Shared;

/// <summary>Whether an answer equals the reference, in the contract's three modes.</summary>
public static class AnswerComparison
{
    /// <param name="answer">What the agent said.</param>
    /// <param name="reference">The right answer.</param>
    /// <param name="mode"><c>exact</c>; <c>normalised</c>: letter case, outer quotes, runs of white space and final punctuation do not
    /// count; <c>contains</c>: the normalised reference occurs in the normalised answer.</param>
    public static bool Equal(string answer, string reference, string mode) => mode switch
    {
        "exact" => answer == reference,
        // A reference of nothing but punctuation leaves nothing to compare, and every answer would contain it.
        "normalised" or "contains" when Normalise(reference).Length == 0 => answer.Trim() == reference.Trim(),
        "normalised" => Normalise(answer) == Normalise(reference),
        "contains" => Normalise(answer).Contains(Normalise(reference), StringComparison.Ordinal),
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Modes are exact, normalised and contains."),
    };

    private static string Normalise(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text.Normalize(NormalizationForm.FormKC))
        {
            if (!char.IsWhiteSpace(c)) folded.Append(char.ToLowerInvariant(c));
            else if (folded.Length > 0 && folded[^1] != ' ') folded.Append(' ');
        }

        return folded.ToString().Trim(' ', '"', '\'', '`', '.', '!', '?', ',', ';', ':');
    }
}
