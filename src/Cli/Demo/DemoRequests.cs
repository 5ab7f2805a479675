using System.Security.Cryptography;
using System.Text;
using Espalier.Cli.Datasets;
using Espalier.Cli.Output;

namespace Espalier.Cli.Demo;

/// <summary>The demo's requests in the seed's order: the first part makes the dataset, the rest meets the released version.</summary>
internal sealed record DemoRequests(IReadOnlyList<RequestRow> All, IReadOnlyCollection<string> Labels)
{
    private const double BeforeShare = 0.7;

    public IReadOnlyList<RequestRow> Before => [.. All.Take(Split)];

    public IReadOnlyList<RequestRow> After => [.. All.Skip(Split)];

    private int Split => (int)(All.Count * BeforeShare);

    public static async Task<DemoRequests> ReadAsync(Invocation invocation, DemoOptions options, CancellationToken cancellationToken)
    {
        var path = options.Data is { } given ? invocation.PathOf(given) : Path.Combine(DemoFolder.FindSample(), "requests.jsonl");
        var file = await RequestReader.ReadAsync(path, needsLabel: true, cancellationToken);
        RejectedFile.Write(invocation, file);
        var rows = Shuffle(file.Rows, options.Seed).Take(options.Requests).ToArray();
        var labels = rows.Select(row => row.Label!).Distinct().ToArray();
        if (rows.Length < 20 || labels.Length < 2)
            throw CliError.Usage($"{Path.GetFileName(path)} holds {rows.Length} usable requests with {labels.Length} labels.", "A loop needs some traffic with more than one answer.", "Give a file with at least 20 labelled requests.");
        return new DemoRequests(rows, labels);
    }

    /// <summary>The same order for the same seed on every machine: sorted by a hash of seed and text.</summary>
    internal static IEnumerable<RequestRow> Shuffle(IEnumerable<RequestRow> rows, long seed) => rows
        .Select(row => (Row: row, Key: Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{row.Text}")))))
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .ThenBy(pair => pair.Row.Line)
        .Select(pair => pair.Row);
}
