using System.Text;
using Espalier.Core.Shared;
using Espalier.Storage.ClickHouse;
using Espalier.Storage.ClickHouse.Journal;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Win32.SafeHandles;

namespace Espalier.Storage.Tests.ClickHouse;

public sealed class TraceJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ClickHouseOptions Options => new() { JournalPath = _folder.Path };

    [Fact]
    public void AppendAsync_AnyRecords_ComeBackInOrder() => Prop.ForAll<byte[][]>(records =>
    {
        using var folder = new TemporaryFolder();
        return RoundTripAsync(folder, records).GetAwaiter().GetResult();
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task AppendAsync_DiskFull_SaysSoAndKeepsWhatWasAcknowledged()
    {
        var disk = new FullDisk();
        using (var journal = TraceJournal.Open(Options, disk))
        {
            await journal.AppendAsync(JournalKind.Spans, 1, "first"u8.ToArray(), Cancellation);
            disk.Room = 7;
            var fault = await Should.ThrowAsync<StorageFault>(() => journal.AppendAsync(JournalKind.Spans, 1, "second"u8.ToArray(), Cancellation));
            fault.Code.ShouldBe(StorageFault.Full);
            fault.Path.ShouldStartWith(_folder.Path);
            disk.Room = null;
            await journal.AppendAsync(JournalKind.Spans, 1, "third"u8.ToArray(), Cancellation);
        }

        (await ReadAsync(_folder.Path)).ShouldBe(["first", "third"]);
    }

    [Fact]
    public async Task AppendAsync_DiskFullInTheMiddleOfARecord_DoesNotHideWhatFollows()
    {
        var disk = new FullDisk();
        using (var journal = TraceJournal.Open(Options, disk))
        {
            disk.Room = 30;
            await Should.ThrowAsync<StorageFault>(() => journal.AppendAsync(JournalKind.Spans, 1, new byte[100], Cancellation));
            disk.Room = null;
            await journal.AppendAsync(JournalKind.Spans, 1, "later"u8.ToArray(), Cancellation);
        }

        (await ReadAsync(_folder.Path)).ShouldBe(["later"]);
    }

    [Fact]
    public async Task AppendAsync_OverTheLimit_AsksToComeBackLater()
    {
        using var journal = TraceJournal.Open(Options with { JournalLimitBytes = 10 });
        await journal.AppendAsync(JournalKind.Spans, 1, new byte[100], Cancellation);
        (await Should.ThrowAsync<Refusal>(() => journal.AppendAsync(JournalKind.Spans, 1, new byte[1], Cancellation))).Status.ShouldBe(429);
    }

    [Fact]
    public async Task AppendAsync_ManyCallers_ShareSyncs()
    {
        var disk = new FullDisk();
        using var journal = TraceJournal.Open(Options, disk);
        disk.Slow = new();
        // The first one holds the disk, and the others queue behind it.
        var callers = Enumerable.Range(0, 200).Select(_ => journal.AppendAsync(JournalKind.Spans, 1, new byte[10], Cancellation)).ToList();
        disk.Slow.SetResult();
        await Task.WhenAll(callers);
        disk.Syncs.ShouldBe(2);
        using var content = await (await journal.NextAsync(Cancellation))!.ReadAsync(Cancellation);
        content.Records.Count.ShouldBe(200);
    }

    [Fact]
    public async Task ReadAsync_FlippedBit_EndsBeforeIt()
    {
        using (var journal = TraceJournal.Open(Options))
        {
            await journal.AppendAsync(JournalKind.Spans, 1, "good"u8.ToArray(), Cancellation);
            await journal.AppendAsync(JournalKind.Spans, 1, "flipped"u8.ToArray(), Cancellation);
        }

        var path = Directory.GetFiles(_folder.Path, "*.journal").ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        (await ReadAsync(_folder.Path)).ShouldBe(["good"]);
    }

    [Fact]
    public void Open_FolderOfAnotherJournal_IsRefused()
    {
        using var owner = TraceJournal.Open(Options);
        Should.Throw<StorageFault>(() => TraceJournal.Open(Options)).Code.ShouldBe(StorageFault.Locked);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<bool> RoundTripAsync(TemporaryFolder folder, byte[][] records)
    {
        using (var journal = TraceJournal.Open(new() { JournalPath = folder.Path }))
            foreach (var record in records)
                await journal.AppendAsync(JournalKind.Feedback, 1, record, CancellationToken.None);
        return (await ReadAsync(folder.Path)).SequenceEqual(records.Select(Encoding.Latin1.GetString));
    }

    private static async Task<List<string>> ReadAsync(string folder)
    {
        var texts = new List<string>();
        using var journal = TraceJournal.Open(new() { JournalPath = folder });
        while (await journal.NextAsync(CancellationToken.None) is { } file)
        {
            using var content = await file.ReadAsync(CancellationToken.None);
            texts.AddRange(content.Records.Select(record => Encoding.Latin1.GetString(record.Rows.Span)));
            await journal.RemoveAsync(file, CancellationToken.None);
        }

        return texts;
    }

    /// <summary>A disk that takes some bytes more and then has no room, as a full one does.</summary>
    private sealed class FullDisk : JournalDisk
    {
        private const int NoSpaceLeft = 28;
        private int _syncs;

        public int? Room { get; set; }

        /// <summary>Syncs wait for it.</summary>
        public TaskCompletionSource? Slow { get; set; }

        public int Syncs => _syncs;

        public override async Task AppendAsync(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> bytes, long offset)
        {
            Interlocked.Increment(ref _syncs);
            if (Slow is { } slow) await slow.Task;
            if (Room is not { } room)
            {
                await base.AppendAsync(file, bytes, offset);
                return;
            }

            var all = bytes.SelectMany(b => b.ToArray()).Take(room).ToArray();
            await base.AppendAsync(file, [all], offset);
            throw new IOException("No space left on device", NoSpaceLeft);
        }
    }
}
