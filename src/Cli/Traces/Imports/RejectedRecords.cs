using System.Text;
using System.Text.Json.Nodes;
using Espalier.Cli.Output;

namespace Espalier.Cli.Traces.Imports;

/// <summary>Records that were left out, written beside their file as they are found; nothing is dropped in silence and nothing is held.</summary>
internal sealed class RejectedRecords(Invocation invocation, string source) : IDisposable
{
    private StreamWriter? _writer;

    public long Count { get; private set; }

    /// <summary>Null when there was nothing to write, or nowhere to write it.</summary>
    public string? Path { get; private set; }

    public string? First { get; private set; }

    public void Add(long line, string reason, string? row)
    {
        Count++;
        First ??= $"line {line}: {reason}";
        if (Count == 1) _writer = Open(source + ".rejected.jsonl") ?? Open(System.IO.Path.Combine(invocation.Folder, System.IO.Path.GetFileName(source) + ".rejected.jsonl"));
        _writer?.Write(new JsonObject { ["line"] = line, ["reason"] = reason, ["row"] = row }.ToJsonString() + "\n");
    }

    public void Dispose() => _writer?.Dispose();

    private StreamWriter? Open(string path)
    {
        try
        {
            var writer = new StreamWriter(path, append: false, new UTF8Encoding(false));
            Path = path;
            return writer;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
