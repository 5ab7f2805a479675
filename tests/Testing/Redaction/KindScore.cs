namespace Espalier.Testing.Redaction;

/// <summary>How well one kind is found.</summary>
/// <param name="Kind">The redactor's word.</param>
/// <param name="Marked">Marks of that kind.</param>
/// <param name="Found">Those that are redacted from their first to their last character, as that kind.</param>
/// <param name="Covered">Those that are redacted as whatever kind.</param>
/// <param name="Findings">What the redactor found of that kind.</param>
/// <param name="Right">Findings that lie on a mark of that kind and take at most two characters besides.</param>
/// <param name="Missed">Marks that are not found, with the text around.</param>
/// <param name="Wrong">Findings that are not right, with the text around.</param>
public sealed record KindScore(
    string Kind, int Marked, int Found, int Covered, int Findings, int Right, IReadOnlyList<string> Missed, IReadOnlyList<string> Wrong)
{
    /// <summary>Null when nothing of the kind is marked.</summary>
    public double? Recall => Marked == 0 ? null : (double)Found / Marked;

    /// <summary>Null when nothing of the kind was found.</summary>
    public double? Precision => Findings == 0 ? null : (double)Right / Findings;
}
