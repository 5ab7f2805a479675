using System.Text.RegularExpressions;

namespace Espalier.Core.Traces.Redaction.Detectors.Custom;

/// <summary>What an operator's own pattern finds.</summary>
/// <remarks>The engine of <see cref="RegexOptions.NonBacktracking"/> takes time in proportion to the text whatever the pattern; it lacks
/// look-arounds and back-references, and refuses patterns that grow too large.</remarks>
internal sealed class CustomDetector(string kind, string pattern)
{
    private readonly Regex _pattern = Compile(pattern);

    public string Kind => kind;

    public static Regex Compile(string pattern) =>
        new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, RedactionOptions.PatternTimeout);

    public Regex.ValueMatchEnumerator Find(ReadOnlySpan<char> text) => _pattern.EnumerateMatches(text);
}
