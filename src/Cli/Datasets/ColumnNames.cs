using Espalier.Cli.Output;

namespace Espalier.Cli.Datasets;

/// <summary>Which column of a file is what. Names are compared without case; the first alias that is there wins.</summary>
internal sealed record ColumnNames(string Text, string? Label, string? Group, string? Id)
{
    private static readonly string[] TextNames = ["text", "input", "request", "question", "message", "utterance", "query", "prompt"];
    private static readonly string[] LabelNames = ["intent", "label", "reference", "expected", "category", "answer", "output"];
    private static readonly string[] GroupNames = ["conversation", "group", "user"];
    private static readonly string[] IdNames = ["id"];

    public static ColumnNames Choose(string file, IReadOnlyCollection<string> columns, bool needsLabel)
    {
        var text = First(columns, TextNames) ?? throw Missing(file, columns, "the request", TextNames);
        var label = First(columns, LabelNames);
        if (needsLabel && label is null) throw Missing(file, columns, "the right answer", LabelNames);
        return new ColumnNames(text, label, First(columns, GroupNames), First(columns, IdNames));
    }

    private static string? First(IReadOnlyCollection<string> columns, string[] names)
    {
        foreach (var name in names)
        {
            if (columns.FirstOrDefault(column => string.Equals(column.Trim(), name, StringComparison.OrdinalIgnoreCase)) is { } found)
                return found;
        }

        return null;
    }

    private static CliError Missing(string file, IReadOnlyCollection<string> columns, string what, string[] names) => CliError.Usage(
        $"{file} has no column for {what}.",
        $"Its columns are {(columns.Count == 0 ? "none" : string.Join(", ", columns.Take(20).Select(column => Output.Text.Cut(column, 40))))}.",
        $"Name one of them {string.Join(", ", names[..^1])} or {names[^1]}.");
}
