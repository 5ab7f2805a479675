using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Words;

/// <summary>One public type a file, named after it.</summary>
/// <remarks>Small records and enums may stay beside the type that they belong to; a second class or interface gets its own file.</remarks>
internal static partial class TypeFiles
{
    public static IEnumerable<string> Broken(string file, string text)
    {
        var types = Declaration().Matches(text).Select(match => (Kind: match.Groups["kind"].Value, Name: match.Groups["name"].Value)).ToList();
        if (types.Count == 0) yield break;
        var expected = Path.GetFileName(file).Split('.')[0];
        if (!types.Exists(type => type.Name == expected))
        {
            yield return $"{file} holds {string.Join(", ", types.Select(type => type.Name))} and no {expected}";
            yield break;
        }

        foreach (var (kind, name) in types)
            if (name != expected && kind is "class" or "interface") yield return $"{file} holds a second {kind}, {name}";
    }

    // Types at the left edge are those of a file-scoped namespace; nested ones are indented.
    [GeneratedRegex(@"^public (?:(?:sealed|abstract|static|partial|readonly|ref|unsafe) )*(?<kind>class|interface|record struct|record|struct|enum|delegate [\w<>\[\]?]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
