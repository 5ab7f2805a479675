using System.Text.RegularExpressions;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies.Guardrails.Pattern;

/// <summary>What matches a regular expression: <c>pattern: '(?i)internal use only'</c>, or a list of them.</summary>
internal sealed class PatternGuardrail(IReadOnlyList<Regex> patterns, string word) : IGuardrail
{
    public const string Key = "pattern";

    private const int MostPatterns = 50;

    public string Name => Key;

    public GuardScope Scope => GuardScope.Texts;

    public static PatternGuardrail Read(StrictYaml yaml)
    {
        var texts = yaml.Texts(Key) ?? [];
        if (texts.Count is 0 or > MostPatterns) throw yaml.Bad(Key, $"holds {texts.Count} patterns", $"Write 1 to {MostPatterns}.");
        var name = yaml.Text("name") ?? Key;
        var word = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        return new PatternGuardrail([.. texts.Select(text => Patterns.Compile(yaml, Key, text))], word);
    }

    public IReadOnlyList<TextFinding> FindIn(string text)
    {
        var found = new List<TextFinding>();
        try
        {
            foreach (var pattern in patterns)
                foreach (var match in pattern.EnumerateMatches(text))
                    if (match.Length > 0) found.Add(new TextFinding(match.Index, match.Index + match.Length, word));
        }
        catch (RegexMatchTimeoutException)
        {
            // Nobody can say what is in it.
            return [new TextFinding(0, text.Length, "unread")];
        }

        return found;
    }
}
