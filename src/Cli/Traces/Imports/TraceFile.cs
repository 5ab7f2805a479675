using System.Buffers;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Espalier.Cli.Output;

namespace Espalier.Cli.Traces.Imports;

/// <summary>Reads the records of a file one by one, without holding more than one: JSON lines, a JSON array, JSON documents one after the other, or
/// protobuf, each also gzipped. Which of them is seen from the content, not from the name.</summary>
internal sealed class TraceFile : IAsyncDisposable
{
    /// <summary>Characters or bytes of one record.</summary>
    public const int MostOfOne = 24 << 20;

    private const int Ahead = 4096;

    private readonly FileStream _file;
    private readonly Stream _content;
    private readonly byte[] _start;
    private readonly string _name;

    private TraceFile(FileStream file, Stream content, byte[] start, string name)
    {
        _file = file;
        _content = content;
        _start = start;
        _name = name;
    }

    /// <summary>Share of the file that is read, from 0 to 1.</summary>
    public double Progress => _file.Length == 0 ? 1 : (double)_file.Position / _file.Length;

    public static async Task<TraceFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw CliError.Usage($"There is no file {path}.", "It should hold traces.", "Check the path; OTLP, Langfuse exports, tau-bench sessions and JSON lines are read, each also as .gz.");
        var name = Path.GetFileName(path);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        var magic = new byte[2];
        var isZipped = await file.ReadAtLeastAsync(magic, 2, throwOnEndOfStream: false, cancellationToken) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        Stream content = isZipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        var start = new byte[Ahead];
        try
        {
            var length = await content.ReadAtLeastAsync(start, Ahead, throwOnEndOfStream: false, cancellationToken);
            if (length == 0) throw CliError.Usage($"{name} is empty.", "There is nothing to read in it.", "Give a file with traces.");
            return new TraceFile(file, content, start[..length], name);
        }
        catch (InvalidDataException)
        {
            throw Broken(name);
        }
    }

    public async IAsyncEnumerable<FileRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (IsBinary(_start))
        {
            yield return await ReadWholeAsync(cancellationToken);
            yield break;
        }

        using var reader = new StreamReader(new StartedStream(_start, _content), Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        await using var records = (IsLines(_start) ? JsonRecords.Lines(reader, cancellationToken) : JsonRecords.Documents(reader, cancellationToken))
            .GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await records.MoveNextAsync()) yield break;
            }
            catch (InvalidDataException)
            {
                throw Broken(_name);
            }

            yield return records.Current;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _content.DisposeAsync();
        await _file.DisposeAsync();
    }

    // Ids are raw bytes in protobuf: there are control characters near its start, or what is no UTF-8.
    private static bool IsBinary(ReadOnlySpan<byte> start)
    {
        foreach (var b in start)
            if (b < 0x20 && b is not ((byte)'\t' or (byte)'\r' or (byte)'\n')) return true;
        while (!start.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(start, out _, out var used);
            if (status == OperationStatus.InvalidData) return true;
            if (status == OperationStatus.NeedMoreData) return false;
            start = start[used..];
        }

        return false;
    }

    // A document that goes over lines opens something at the end of its first; a list is read by its elements.
    private static bool IsLines(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith(Encoding.UTF8.Preamble)) start = start[Encoding.UTF8.Preamble.Length..];
        start = start.TrimStart(" \t\r\n"u8);
        if (start is [(byte)'[', ..]) return false;
        var end = start.IndexOf((byte)'\n');
        return end < 0 || start[..end].TrimEnd(" \t\r"u8) is not [.., (byte)'{' or (byte)'[' or (byte)','];
    }

    private async Task<FileRecord> ReadWholeAsync(CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        whole.Write(_start);
        var buffer = new byte[1 << 16];
        try
        {
            for (int count; (count = await _content.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                whole.Write(buffer, 0, count);
                if (whole.Length > MostOfOne) return new FileRecord(1, null, [], $"it is protobuf of more than {MostOfOne >> 20} MiB; send it to /v1/traces in pieces");
            }
        }
        catch (InvalidDataException)
        {
            throw Broken(_name);
        }

        return new FileRecord(1, null, whole.ToArray());
    }

    private static CliError Broken(string name) => CliError.Usage($"{name} is not a whole gzip file.", "It begins like one and then breaks.", "Copy it again.");
}
