using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Espalier.Core.Shared;
using Microsoft.Win32.SafeHandles;

namespace Espalier.Storage.Sqlite.Runs;

/// <summary>Files beside the database that hold what the ledger did and the database does not have yet. Not thread-safe.</summary>
/// <remarks>A record is written to the file before its caller goes on, so a killed process loses none; files are not synced one by one, so
/// a loss of power can take what was written since the last time the database was. A record that is not whole ends its file: it is the one
/// that was being written.</remarks>
internal sealed class LedgerJournal(string folder) : IDisposable
{
    private const int HeaderBytes = 8;
    private const int FixedBytes = 1 + 3 * sizeof(long) + 2 * sizeof(ushort);
    private const uint HashStart = 2166136261;
    private const uint HashFactor = 16777619;

    private readonly List<string> _old = [];
    private byte[] _buffer = new byte[512];
    private SafeFileHandle? _file;
    private string? _path;
    private long _length;
    private int _generation;

    public enum Kind : byte
    {
        Reserve = 1,
        Settle = 2,
        Release = 3,
    }

    /// <summary>One record. A settlement has its amount and time; a reservation its time and lease as well.</summary>
    public readonly record struct Entry(Kind Kind, string Key, string Budget, long Nano, long At, long Until);

    /// <summary>What earlier processes left, oldest first; their files are done with at the next <see cref="Forget"/>.</summary>
    public IReadOnlyList<Entry> ReadLeft()
    {
        var files = Directory.GetFiles(folder, "ledger-*.journal").Order(StringComparer.Ordinal).ToList();
        var entries = new List<Entry>();
        foreach (var file in files)
        {
            Parse(File.ReadAllBytes(file), entries);
            _old.Add(file);
            if (int.TryParse(Path.GetFileNameWithoutExtension(file)["ledger-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) _generation = Math.Max(_generation, number);
        }

        return entries;
    }

    /// <exception cref="StorageFault">The disk took nothing; the record is not there.</exception>
    public void Append(in Entry entry)
    {
        try
        {
            if (_file is null) Create();
            var length = Write(entry);
            RandomAccess.Write(_file!, _buffer.AsSpan(0, length), _length);
            _length += length;
        }
        catch (Exception error) when (DiskFaults.From(error, _path ?? folder) is not null)
        {
            throw DiskFaults.From(error, _path ?? folder)!;
        }
    }

    /// <summary>Begins a new file, so that what is in those before it can be stored and forgotten.</summary>
    public void Turn()
    {
        if (_file is null) return;
        _file.Dispose();
        _file = null;
        _old.Add(_path!);
    }

    /// <summary>The files before the present one, as they are now.</summary>
    public IReadOnlyList<string> Old() => [.. _old];

    /// <summary>Deletes files whose records the database has.</summary>
    public void Forget(IReadOnlyList<string> stored)
    {
        foreach (var file in stored)
        {
            File.Delete(file);
            _old.Remove(file);
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Create()
    {
        _path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"ledger-{++_generation:D10}.journal"));
        using (var stream = new FileStream(_path, OperatingSystem.IsWindows()
            ? new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }
            : new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite })) { }
        _file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.Read);
        _length = 0;
    }

    private int Write(in Entry entry)
    {
        var most = HeaderBytes + FixedBytes + Encoding.UTF8.GetMaxByteCount(entry.Key.Length) + Encoding.UTF8.GetMaxByteCount(entry.Budget.Length);
        if (_buffer.Length < most) _buffer = new byte[most];
        var body = _buffer.AsSpan(HeaderBytes);
        body[0] = (byte)entry.Kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], entry.Nano);
        BinaryPrimitives.WriteInt64LittleEndian(body[9..], entry.At);
        BinaryPrimitives.WriteInt64LittleEndian(body[17..], entry.Until);
        var at = 1 + 3 * sizeof(long);
        at += WriteText(body[at..], entry.Key);
        at += WriteText(body[at..], entry.Budget);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, at);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(4), Hash(body[..at]));
        return HeaderBytes + at;
    }

    private static int WriteText(Span<byte> to, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, to[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(to, checked((ushort)length));
        return sizeof(ushort) + length;
    }

    private static void Parse(ReadOnlySpan<byte> file, List<Entry> entries)
    {
        while (file.Length >= HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file);
            if (length < FixedBytes || length > file.Length - HeaderBytes) return;
            var body = file.Slice(HeaderBytes, length);
            if (Hash(body) != BinaryPrimitives.ReadUInt32LittleEndian(file[4..])) return;
            var texts = body[(1 + 3 * sizeof(long))..];
            var key = ReadText(ref texts);
            entries.Add(new Entry(
                (Kind)body[0], key, ReadText(ref texts), BinaryPrimitives.ReadInt64LittleEndian(body[1..]), BinaryPrimitives.ReadInt64LittleEndian(body[9..]),
                BinaryPrimitives.ReadInt64LittleEndian(body[17..])));
            file = file[(HeaderBytes + length)..];
        }
    }

    private static string ReadText(ref ReadOnlySpan<byte> texts)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(texts);
        var text = Encoding.UTF8.GetString(texts.Slice(sizeof(ushort), length));
        texts = texts[(sizeof(ushort) + length)..];
        return text;
    }

    // FNV-1a: tells a torn record from a whole one, no more.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = HashStart;
        foreach (var one in bytes) hash = (hash ^ one) * HashFactor;
        return hash;
    }
}
