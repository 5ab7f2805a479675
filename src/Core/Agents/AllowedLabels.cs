using System.Text.RegularExpressions;

namespace Espalier.Core.Agents;

/// <summary>Finds the answers that instructions allow: a bulleted list, <c>- label</c> or <c>- label: description</c>, one a line.</summary>
/// <remarks>A label is a plain word of <c>[A-Za-z0-9_./-]</c>, or a short text without a colon (at most 6 words and 60 characters, no full
/// stop at its end). When at least two bullets are plain words, only plain words count, so a bulleted rule of conduct is no label.
/// A label that is listed again adds to its description. Bullets inside labelled examples are not read.</remarks>
public static partial class AllowedLabels
{
    private const int MaxCharacters = 60;
    private const int MaxWords = 6;

    public static IReadOnlyList<AllowedLabel> Parse(string instructions)
    {
        var bullets = new List<(string Name, string? Description, bool Plain)>();
        foreach (var line in LabelledExamples.Remove(instructions).Split('\n'))
        {
            var text = line.Trim();
            if (text.Length < 3 || text[0] is not ('-' or '*') || text[1] != ' ') continue;
            var body = text[2..].Trim();
            var colon = body.IndexOf(':', StringComparison.Ordinal);
            var name = (colon < 0 ? body : body[..colon]).Trim().Trim('`');
            var description = colon < 0 ? null : body[(colon + 1)..].Trim();
            var plain = PlainWord().IsMatch(name);
            if (plain || IsShort(name)) bullets.Add((name, description is "" ? null : description, plain));
        }

        var onlyPlain = bullets.Count(bullet => bullet.Plain) >= 2;
        return [.. bullets
            .Where(bullet => bullet.Plain || !onlyPlain)
            .GroupBy(bullet => bullet.Name)
            .Select(group => new AllowedLabel(group.Key, Join(group.Select(bullet => bullet.Description))))];
    }

    private static string? Join(IEnumerable<string?> descriptions) =>
        string.Join(' ', descriptions.OfType<string>()) is { Length: > 0 } joined ? joined : null;

    private static bool IsShort(string name) =>
        name.Length is > 0 and <= MaxCharacters && name[^1] is not ('.' or '!' or '?')
        && name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length <= MaxWords;

    [GeneratedRegex(@"^[A-Za-z0-9_./-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainWord();
}

/// <param name="Name">The answer, as it must be written.</param>
/// <param name="Description">What the instructions say about it; null when nothing.</param>
public sealed record AllowedLabel(string Name, string? Description);
