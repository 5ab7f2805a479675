using System.Collections.Concurrent;
using System.Globalization;
using Espalier.Core.Shared;
using Espalier.Storage.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>Where rows are safe from the moment they are acknowledged until they are in the tables: append, sync, acknowledge.</summary>
/// <remarks>
/// Callers that write at once share one sync: whoever gets the turn writes for all who wait. A file is closed when it is full or when
/// the loader asks for it, and deleted once its rows are in the tables. Thread-safe.
/// </remarks>
internal sealed class TraceJournal : IDisposable
{
    private const long MostFileBytes = 32 * 1024 * 1024;

    private readonly DataFolderLock _owner;
    private readonly ClickHouseOptions _options;
    private readonly JournalDisk _disk;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<Waiting> _queue = new();
    private readonly Queue<JournalFile> _closed;
    private readonly SemaphoreSlim _arrivals = new(0);
    private SafeFileHandle? _open;
    private JournalFile? _current;
    private long _nextNumber;
    private long _loadedNumber;
    private long _bytes;

    private TraceJournal(DataFolderLock owner, string folder, ClickHouseOptions options, JournalDisk disk)
    {
        (_owner, Folder, _options, _disk) = (owner, folder, options, disk);
        _closed = new(Directory.EnumerateFiles(folder, "*" + JournalFile.Extension)
            .Select(p => new JournalFile(long.Parse(Path.GetFileNameWithoutExtension(p), CultureInfo.InvariantCulture), p, new FileInfo(p).Length, 0))
            .OrderBy(f => f.Number));
        _nextNumber = _closed.Count == 0 ? 1 : _closed.Max(f => f.Number) + 1;
        _loadedNumber = (_closed.Count == 0 ? _nextNumber : _closed.Min(f => f.Number)) - 1;
        _bytes = _closed.Sum(f => f.Bytes);
        if (_closed.Count > 0) _arrivals.Release();
    }

    public string Folder { get; }

    /// <summary>Bytes that wait to be loaded.</summary>
    public long WaitingBytes => Interlocked.Read(ref _bytes);

    /// <summary>Every file up to this one is in the tables: they are numbered and loaded in order.</summary>
    public long LoadedNumber => Interlocked.Read(ref _loadedNumber);

    /// <exception cref="StorageFault">Another process owns the folder, or it cannot be written.</exception>
    public static TraceJournal Open(ClickHouseOptions options, JournalDisk? disk = null)
    {
        var folder = Path.GetFullPath(options.JournalPath);
        PrivateFolder.Create(folder);
        var owner = DataFolderLock.Take(folder);
        return new(owner, folder, options, disk ?? new JournalDisk());
    }

    /// <summary>Returns when the rows are on disk.</summary>
    /// <exception cref="StorageFault">The disk is full or does not take the rows. Nothing of them is kept, everything before them is.</exception>
    /// <exception cref="Refusal">More waits than the journal may hold; to be tried again later.</exception>
    public Task AppendAsync(JournalKind kind, int rows, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        AppendAsync(new JournalRecord(kind, rows, bytes.Length, 0, 0), bytes, cancellationToken);

    /// <inheritdoc cref="AppendAsync(JournalKind, int, ReadOnlyMemory{byte}, CancellationToken)"/>
    public async Task AppendAsync(JournalRecord record, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (WaitingBytes > _options.JournalLimitBytes)
            throw new Refusal(
                "trace-store-busy", 429, $"{WaitingBytes} bytes of traces wait in {Folder}, more than the {_options.JournalLimitBytes} allowed.",
                "Send them again in some seconds. If it stays so, the trace store does not keep up or does not run: see espalier doctor.");
        var head = new byte[JournalRecord.HeadBytes];
        record.WriteHead(head, bytes.Span);
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new Waiting(record, head, bytes);
        _queue.Enqueue(waiting);
        // Not cancelled any more: whoever has the turn writes these bytes, which are the caller's to reuse once this returns.
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (!waiting.Done.Task.IsCompleted) await WriteQueueAsync();
        }
        finally
        {
            _turn.Release();
        }

        await waiting.Done.Task;
    }

    /// <summary>Number of the last file with acknowledged rows that may not be loaded yet; null when everything is.</summary>
    public async Task<long?> LastNumberAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _current?.Number ?? (_closed.Count > 0 ? _closed.Last().Number : null);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns once there may be something to load.</summary>
    public Task WaitForRowsAsync(CancellationToken cancellationToken) => _arrivals.WaitAsync(cancellationToken);

    /// <summary>True when waiting would not make the next batch any fuller.</summary>
    public async Task<bool> IsBatchReadyAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _closed.Count > 0 || _current?.Rows >= _options.BatchRows;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The oldest file, closed if it was being written; null when there is none. It stays until it is <see cref="RemoveAsync">removed</see>.</summary>
    public async Task<JournalFile?> NextAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_closed.Count == 0) CloseCurrent();
            return _closed.TryPeek(out var oldest) ? oldest : null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets the oldest file: its rows are in the tables.</summary>
    public async Task RemoveAsync(JournalFile file, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_closed.TryPeek(out var oldest) || oldest != file) throw new InvalidOperationException($"{file.Path} is not the oldest file of the journal.");
            File.Delete(file.Path);
            _closed.Dequeue();
            Interlocked.Exchange(ref _loadedNumber, file.Number);
            Interlocked.Add(ref _bytes, -file.Bytes);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sets the oldest file aside: the tables will never take its rows as they are, and a person has to look.</summary>
    /// <returns>Where it lies now.</returns>
    public async Task<string> RejectAsync(JournalFile file, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Folder, "rejected");
        PrivateFolder.Create(folder);
        var path = Path.Combine(folder, Path.GetFileName(file.Path));
        File.Copy(file.Path, path, overwrite: true);
        await RemoveAsync(file, cancellationToken);
        return path;
    }

    public void Dispose()
    {
        _open?.Dispose();
        _owner.Dispose();
        _turn.Dispose();
        _arrivals.Dispose();
    }

    private async Task WriteQueueAsync()
    {
        var batch = new List<Waiting>();
        while (_queue.TryDequeue(out var waiting)) batch.Add(waiting);
        try
        {
            OpenCurrent();
            var bytes = batch.SelectMany(w => (ReadOnlyMemory<byte>[])[w.Head, w.Bytes]).ToList();
            // Not cancelled with the caller whose turn it is: others wait for the same write.
            await _disk.AppendAsync(_open!, bytes, _current!.Bytes);
            var length = bytes.Sum(b => (long)b.Length);
            _current = _current with { Bytes = _current.Bytes + length, Rows = _current.Rows + batch.Sum(w => w.Record.Rows) };
            Interlocked.Add(ref _bytes, length);
            if (_current.Bytes >= MostFileBytes || _current.Rows >= _options.BatchRows) CloseCurrent();
            if (_arrivals.CurrentCount == 0) _arrivals.Release();
            foreach (var waiting in batch) waiting.Done.TrySetResult();
        }
        catch (Exception error)
        {
            // What was half written must not stand before what comes next: reading stops at it. Closed at the last whole record.
            CutCurrent();
            var fault = Explain(error);
            foreach (var waiting in batch) waiting.Done.TrySetException(fault);
        }
    }

    private Exception Explain(Exception error)
    {
        var path = _current?.Path ?? Path.Combine(Folder, "0" + JournalFile.Extension);
        return error switch
        {
            IOException when JournalDisk.IsFull(error) => DiskFaults.FullDisk(path, error),
            UnauthorizedAccessException => DiskFaults.NotWritable(path, error),
            IOException => new StorageFault(
                StorageFault.Damaged, path, $"The journal of traces could not be written: {error.Message}",
                $"Check the disk that holds {Folder}; the sender may then send the same traces again.", error),
            _ => error,
        };
    }

    private void OpenCurrent()
    {
        if (_current is not null) return;
        var path = Path.Combine(Folder, _nextNumber.ToString("D20", CultureInfo.InvariantCulture) + JournalFile.Extension);
        var file = new JournalFile(_nextNumber, path, 0, 0);
        _open = JournalDisk.Create(path);
        _current = file;
        _nextNumber++;
    }

    private void CloseCurrent()
    {
        if (_current is null) return;
        _open!.Dispose();
        _open = null;
        if (_current.Bytes > 0) _closed.Enqueue(_current);
        else File.Delete(_current.Path);
        _current = null;
    }

    private void CutCurrent()
    {
        if (_current is null) return;
        try
        {
            RandomAccess.SetLength(_open!, _current.Bytes);
        }
        catch (IOException)
        {
            // The reader stops at the torn record, and nothing is written after it: the file is closed now.
        }

        CloseCurrent();
    }

    private sealed class Waiting(JournalRecord record, byte[] head, ReadOnlyMemory<byte> bytes)
    {
        public JournalRecord Record => record;

        public byte[] Head => head;

        public ReadOnlyMemory<byte> Bytes => bytes;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
