using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Espalier.Cli.Output;

namespace Espalier.Cli.Datasets;

/// <summary>Reads requests from JSON lines, a JSON array or CSV, each also gzipped. The format is seen from the content, not from the name.</summary>
internal static class RequestReader
{
    private const long MostBytes = 512L << 20;

    public static async Task<RequestFile> ReadAsync(string path, bool needsLabel, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw CliError.Usage($"There is no file {path}.", "It should hold the requests.", "Check the path; JSONL, JSON and CSV are read, each also as .gz.");
        var text = await ReadTextAsync(path, cancellationToken);
        var name = Path.GetFileName(path);
        var start = text.AsSpan().TrimStart();
        if (start.IsEmpty) throw CliError.Usage($"{name} is empty.", "There is nothing to read in it.", "Give a file with a text column, as JSONL, JSON or CSV.");
        var (records, rejected) = start[0] switch
        {
            '[' => ReadArray(name, text),
            '{' => ReadLines(text),
            _ => ReadCsv(name, text),
        };
        return Assemble(path, name, records, rejected, needsLabel);
    }

    private static async Task<string> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var magic = new byte[2];
        var read = await file.ReadAtLeastAsync(magic, 2, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        var zipped = read == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
        await using Stream source = zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var content = new MemoryStream();
        var buffer = new byte[81_920];
        int count;
        try
        {
            while ((count = await source.ReadAsync(buffer, cancellationToken)) > 0)
            {
                content.Write(buffer, 0, count);
                if (content.Length > MostBytes)
                    throw CliError.Usage($"{Path.GetFileName(path)} holds more than {MostBytes >> 20} MiB.", "It is read as a whole.", "Split it.");
            }
        }
        catch (InvalidDataException)
        {
            throw CliError.Usage($"{Path.GetFileName(path)} is not a whole gzip file.", "It begins like one and then breaks.", "Copy it again.");
        }

        return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length).TrimStart('\ufeff');
    }

    private static (List<Record> Records, List<RejectedRow> Rejected) ReadArray(string name, string text)
    {
        var records = new List<Record>();
        var rejected = new List<RejectedRow>();
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw CliError.Usage(
                $"{name} is not JSON: line {exception.LineNumber + 1} is broken.", "It begins with [ and so must be one JSON array.", "Mend that line, or write one object a line (JSONL): then bad lines are left out one by one.");
        }

        using (document)
        {
            var number = 0;
            foreach (var item in document.RootElement.EnumerateArray())
            {
                number++;
                if (item.ValueKind == JsonValueKind.Object) records.Add(FromObject(number, item));
                else rejected.Add(new RejectedRow(number, $"item {number} is not an object", Text.Cut(item.GetRawText(), 500)));
            }
        }

        return (records, rejected);
    }

    private static (List<Record> Records, List<RejectedRow> Rejected) ReadLines(string text)
    {
        var records = new List<Record>();
        var rejected = new List<RejectedRow>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var trimmed = line.Trim();
            if (trimmed.IsEmpty) continue;
            var raw = trimmed.ToString();
            try
            {
                using var document = JsonDocument.Parse(raw);
                if (document.RootElement.ValueKind == JsonValueKind.Object) records.Add(FromObject(number, document.RootElement));
                else rejected.Add(new RejectedRow(number, "not a JSON object", raw));
            }
            catch (JsonException)
            {
                rejected.Add(new RejectedRow(number, "not JSON", raw));
            }
        }

        return (records, rejected);
    }

    private static (List<Record> Records, List<RejectedRow> Rejected) ReadCsv(string name, string text)
    {
        var records = new List<Record>();
        var rejected = new List<RejectedRow>();
        IReadOnlyList<string>? header = null;
        foreach (var entry in CsvReader.Read(text))
        {
            if (header is null)
            {
                header = entry.Error is null
                    ? [.. entry.Fields.Select(field => field.Trim())]
                    : throw CliError.Usage($"{name} begins with {entry.Error}.", "Its first line should name the columns.", "Mend the first line.");
            }
            else if (entry.Error is not null)
            {
                rejected.Add(new RejectedRow(entry.Line, entry.Error, entry.Raw));
            }
            else if (entry.Fields.Count != header.Count)
            {
                rejected.Add(new RejectedRow(entry.Line, $"{entry.Fields.Count} fields where the first line names {header.Count}", entry.Raw));
            }
            else
            {
                var fields = new Dictionary<string, string?>();
                for (var i = 0; i < header.Count; i++) fields[header[i]] = entry.Fields[i];
                records.Add(new Record(entry.Line, fields, [], entry.Raw));
            }
        }

        if (records.Count == 0 && rejected.Count == 0 && header is not null)
            ColumnNames.Choose(name, header.ToArray(), needsLabel: false);
        return (records, rejected);
    }

    private static Record FromObject(int number, JsonElement item)
    {
        var fields = new Dictionary<string, string?>();
        var nested = new HashSet<string>();
        foreach (var field in item.EnumerateObject())
        {
            fields[field.Name] = field.Value.ValueKind switch
            {
                JsonValueKind.String => field.Value.GetString(),
                JsonValueKind.Null => null,
                _ => field.Value.GetRawText(),
            };
            if (field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array) nested.Add(field.Name);
        }

        return new Record(number, fields, nested, item.GetRawText());
    }

    private static RequestFile Assemble(string path, string name, List<Record> records, List<RejectedRow> rejected, bool needsLabel)
    {
        var known = records.SelectMany(record => record.Fields.Keys).Distinct().ToArray();
        if (records.Count == 0 && rejected.Count > 0)
        {
            throw CliError.Usage(
                $"No line of {name} can be read: line {rejected[0].Line} is {rejected[0].Reason}.", "It should be JSONL, a JSON array or CSV.", "Look at that line; a text column is needed.");
        }

        var columns = ColumnNames.Choose(name, known, needsLabel);
        var rows = new List<RequestRow>();
        foreach (var record in records)
        {
            if (Refuse(record, columns, needsLabel) is { } reason)
            {
                rejected.Add(new RejectedRow(record.Line, reason, record.Raw));
                continue;
            }

            rows.Add(new RequestRow(
                record.Line, record.Fields[columns.Text]!.Trim(), Field(record, columns.Label), Field(record, columns.Group), Field(record, columns.Id)));
        }

        return new RequestFile(path, rows, [.. rejected.OrderBy(row => row.Line)], columns);
    }

    private static string? Refuse(Record record, ColumnNames columns, bool needsLabel)
    {
        if (string.IsNullOrWhiteSpace(record.Fields.GetValueOrDefault(columns.Text))) return $"no {columns.Text}";
        if (record.Nested.Contains(columns.Text)) return $"{columns.Text} is not text";
        if (record.Raw.Contains('\ufffd')) return "not UTF-8";
        if (needsLabel && Field(record, columns.Label) is null) return $"no {columns.Label}";
        return columns.Label is { } label && record.Nested.Contains(label) ? $"{label} is not text" : null;
    }

    private static string? Field(Record record, string? column) =>
        column is not null && record.Fields.GetValueOrDefault(column)?.Trim() is { Length: > 0 } value ? value : null;

    private sealed record Record(int Line, Dictionary<string, string?> Fields, HashSet<string> Nested, string Raw);
}
