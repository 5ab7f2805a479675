using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Imports;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Tests.Traces.Imports;

/// <summary>The importer as the server composes it.</summary>
internal static class Importers
{
    private static readonly TraceImporter Importer = new ServiceCollection().AddTraceImports().BuildServiceProvider().GetRequiredService<TraceImporter>();

    public static ImportedBatch Read(params string[] records) => Read(null, records);

    public static ImportedBatch Read(string? format, string[] records, string? agent = null) => Importer.Read(new TraceImportBatch
    {
        Format = format, Agent = agent, Records = [.. records.Select((record, i) => new TraceImportRecord { Line = i + 1, Content = record })],
    });

    public static ImportedBatch ReadProtobuf(byte[] bytes) =>
        Importer.Read(new TraceImportBatch { Records = [new TraceImportRecord { Line = 1, Protobuf = Convert.ToBase64String(bytes) }] });

    /// <summary>The lines of a shared file that is zipped.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
