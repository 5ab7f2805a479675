namespace Espalier.Core.Frontiers.Reports;

/// <summary>The style sheets and the script that are written into reports.</summary>
internal static class ReportAssets
{
    public static string Tokens { get; } = Read("tokens.css");

    public static string Plot { get; } = Read("plot.css");

    public static string Page { get; } = Read("report.css");

    public static string Script { get; } = Read("report.js");

    private static string Read(string name)
    {
        using var stream = typeof(ReportAssets).Assembly.GetManifestResourceStream(typeof(ReportAssets), name)
            ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        using var reader = new StreamReader(stream);
        // One kind of line end, because the browser hashes what it reads.
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}
