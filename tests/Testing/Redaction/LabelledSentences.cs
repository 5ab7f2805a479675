using System.IO.Compression;
using System.Text.Json;

namespace Espalier.Testing.Redaction;

/// <summary>Sentences whose personal data is marked, as in <c>data/pii_presidio</c> of the shared folder.</summary>
public static class LabelledSentences
{
    /// <summary>All sentences of all files of a folder.</summary>
    public static IReadOnlyList<LabelledSentence> Read(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.jsonl.gz").Order(StringComparer.Ordinal).SelectMany(ReadFile)];

    private static IEnumerable<LabelledSentence> ReadFile(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            var text = row.RootElement.GetProperty("text").GetString()!;
            var positions = Positions(text);
            yield return new LabelledSentence(
                row.RootElement.GetProperty("id").GetString()!,
                text,
                [.. row.RootElement.GetProperty("spans").EnumerateArray().Select(span => new LabelledSpan(
                    span.GetProperty("type").GetString()!, positions[span.GetProperty("start").GetInt32()], positions[span.GetProperty("end").GetInt32()]))]);
        }
    }

    // Where each code point begins in UTF-16.
    private static List<int> Positions(string text)
    {
        var positions = new List<int>(text.Length + 1);
        for (var i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1) positions.Add(i);
        positions.Add(text.Length);
        return positions;
    }
}
