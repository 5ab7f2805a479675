using Spectre.Console;

namespace Espalier.Cli.Output;

/// <summary>A table: with rules on a terminal, aligned words in a pipe, never wrapped there.</summary>
internal sealed class Rows(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(Invocation invocation)
    {
        if (invocation.Terminal.OutIsTerminal && !invocation.Plain) WriteFramed(invocation);
        else WriteAligned(invocation);
    }

    private void WriteFramed(Invocation invocation)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var heading in headings) table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(heading)}[/]")));
        foreach (var row in _rows) table.AddRow([.. row.Select(cell => new Markup(Markup.Escape(Text.Clean(cell))))]);
        invocation.Out.Write(table);
    }

    private void WriteAligned(Invocation invocation)
    {
        var widths = new int[headings.Length];
        foreach (var row in _rows.Prepend(headings))
        {
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], Text.Cut(row[i], int.MaxValue).Length);
        }

        foreach (var row in _rows.Prepend(headings))
            invocation.Line(string.Join("  ", row.Select((cell, i) => Text.Cut(cell, int.MaxValue).PadRight(widths[i]))).TrimEnd());
    }
}
