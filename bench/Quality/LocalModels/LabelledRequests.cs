using System.IO.Compression;
using System.Text;
using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;

namespace Espalier.LocalModels;

/// <summary>Reads public sets of requests with labels where they lie; they are never copied.</summary>
internal static class LabelledRequests
{
    private const string OutOfScope = "oos";

    public static IReadOnlyList<LabelledExample> Read(string set)
    {
        var shared = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine("..", "shared");
        var path = Path.Combine(shared, "data", set, "requests.csv.gz");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no {path}; set ESPALIER_SHARED to the folder that holds data/{set}.");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var rows = Rows(reader.ReadToEnd()).ToList();
        var (text, label) = (rows[0].IndexOf("text"), rows[0].IndexOf("intent"));
        return [.. rows.Skip(1).Where(row => row[label] != OutOfScope).Select(row => new LabelledExample(row[text].Trim(), row[label]))];
    }

    public static Case ToCase(LabelledExample example, int position) => new()
    {
        Id = new CaseId($"case_{position:00000}"),
        Input = example.Input,
        Reference = example.Output,
        Group = $"{position}",
        Split = Split.Search,
        Sources = ["import"],
    };

    // RFC 4180: quoted cells may hold commas, doubled quotes and line breaks.
    private static IEnumerable<List<string>> Rows(string csv)
    {
        var (row, cell, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < csv.Length; i++)
        {
            var c = csv[i];
            if (c == '"' && quoted && i + 1 < csv.Length && csv[i + 1] == '"') cell.Append(csv[++i]);
            else if (c == '"') quoted = !quoted;
            else if (quoted) cell.Append(c);
            else if (c is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c == ',') continue;
                yield return row;
                row = [];
            }
            else if (c != '\r') cell.Append(c);
        }
    }
}
