namespace Espalier.Cli.Datasets;

/// <summary>One request of a file, with what the file knows about it.</summary>
/// <param name="Line">The line that it begins on, counted from 1.</param>
/// <param name="Text">The request.</param>
/// <param name="Label">The right answer; null when the file has none.</param>
/// <param name="Group">The conversation or user that it belongs to.</param>
/// <param name="Id">The file's own name for it.</param>
internal sealed record RequestRow(int Line, string Text, string? Label, string? Group, string? Id);

/// <summary>A row that could not be used, and why.</summary>
internal sealed record RejectedRow(int Line, string Reason, string Raw);

/// <summary>A file of requests, read.</summary>
internal sealed record RequestFile(string Path, IReadOnlyList<RequestRow> Rows, IReadOnlyList<RejectedRow> Rejected, ColumnNames Columns);
