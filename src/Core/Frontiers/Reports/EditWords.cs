using Espalier.Contracts.Agents;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>Edits in a few characters: a letter for the tree, a chain of kinds for labels.</summary>
internal static class EditWords
{
    /// <summary>The kinds in order, repeated ones counted: <c>memory + examples x2</c>.</summary>
    public static string Chain(IReadOnlyList<Edit> edits, int length)
    {
        if (edits.Count == 0) return "";
        var kinds = edits.GroupBy(e => e.Kind).Select(g => g.Count() == 1 ? g.Key : $"{g.Key} ×{g.Count()}");
        return Markup.Cut(string.Join(" + ", kinds), length);
    }

    /// <summary>A capital letter, because colours of kinds cannot be told apart by everybody.</summary>
    public static string Glyph(string? kind) => kind switch
    {
        null => "★",
        "examples" => "E",
        "instruction" => "P",
        "model" => "L",
        "memory" => "M",
        "route" => "R",
        "context" => "C",
        "compound" => "+",
        _ => char.IsAsciiLetter(kind.FirstOrDefault()) ? char.ToUpperInvariant(kind[0]).ToString() : "?",
    };

    /// <summary>The class that colours a kind; kinds nobody knows get the neutral one.</summary>
    public static string Class(string? kind) => kind switch
    {
        null => "k-base",
        "examples" => "k-example",
        "instruction" => "k-prompt",
        "memory" => "k-memory",
        "route" => "k-route",
        "model" => "k-tools",
        "context" => "k-scaffold",
        _ => "k-code",
    };
}
