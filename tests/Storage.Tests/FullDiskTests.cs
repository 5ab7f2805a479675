using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Storage.Git;
using Espalier.Storage.Sqlite;
using Espalier.Storage.Sqlite.Runs;
using Espalier.Storage.Sqlite.Search;

namespace Espalier.Storage.Tests;

/// <summary>A disk that is full or read-only ends in one clear message, and nothing is half there.</summary>
public sealed class FullDiskTests : IDisposable
{
    private static readonly SessionId Session = new("ses_1");
    private static readonly BudgetId Line = new("production");

    private readonly SmallDisk _disk = new(kibibytes: 1024);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task AppendAsync_DiskFillsUp_LosesNothingThatWasAcknowledgedAndGoesOnWhenThereIsRoom()
    {
        var acknowledged = 0;
        await using (var database = SqliteDatabase.Open(_disk.Path, TimeProvider.System))
        {
            var sessions = new SqliteSessionStore(database);
            await sessions.CreateAsync(new SessionHeader(Session, "support", null, DateTimeOffset.UnixEpoch), Cancellation);
            await AppendAsync(sessions, ++acknowledged);
            _disk.Fill();
            var fault = await Should.ThrowAsync<StorageFault>(async () =>
            {
                while (true)
                {
                    await AppendAsync(sessions, acknowledged + 1);
                    acknowledged++;
                }
            });
            fault.Code.ShouldBe(StorageFault.Full);
            fault.Message.ShouldContain(Path.Combine(_disk.Path, SqliteDatabase.FileName));
            fault.Fix.ShouldStartWith("Free space on the disk");
            (await sessions.ReadAsync(Session, 0, Cancellation)).Count.ShouldBe(acknowledged);

            _disk.Free();
            await AppendAsync(sessions, ++acknowledged);
            (await sessions.ReadAsync(Session, 0, Cancellation)).Select(stored => stored.Sequence).ShouldBe(Enumerable.Range(1, acknowledged));
        }

        await using var again = SqliteDatabase.Open(_disk.Path, TimeProvider.System);
        (await new SqliteSessionStore(again).ReadAsync(Session, 0, Cancellation)).Count.ShouldBe(acknowledged);
    }

    [Fact]
    public async Task TryReserveAsync_DiskFull_TakesNothing()
    {
        await using var database = SqliteDatabase.Open(_disk.Path, TimeProvider.System);
        ILedger ledger = new SqliteLedger(database);
        await ledger.OpenAsync(Line, new Usd(1_000_000), Cancellation);
        _disk.Fill();
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            try
            {
                return await ledger.TryReserveAsync(Line, $"key {i} {new string('k', 2000)}", new Usd(1), Cancellation) is null;
            }
            catch (StorageFault fault) when (fault.Code == StorageFault.Full)
            {
                return false;
            }
        }));
        answers.ShouldContain(false);
        (await ledger.ReadAsync(Line, Cancellation))!.Reserved.Nano.ShouldBe(answers.Count(taken => taken));
        _disk.Free();
        (await ledger.ExpireAsync(TimeSpan.Zero, Cancellation)).ShouldBe(answers.Count(taken => taken));
    }

    [Fact]
    public void Open_DiskFull_SaysSo()
    {
        _disk.Fill();
        Should.Throw<StorageFault>(() => SqliteDatabase.Open(_disk.Path, TimeProvider.System)).Code.ShouldBe(StorageFault.Full);
    }

    [Fact]
    public async Task Open_ReadOnlyFolder_SaysSo()
    {
        await SqliteDatabase.Open(_disk.Path, TimeProvider.System).DisposeAsync();
        _disk.MakeReadOnly();
        var fault = Should.Throw<StorageFault>(() => SqliteDatabase.Open(_disk.Path, TimeProvider.System));
        fault.Code.ShouldBe(StorageFault.ReadOnly);
        fault.Message.ShouldContain(_disk.Path);
        var import = await Should.ThrowAsync<StorageFault>(() => Repository().ImportAsync("support", AppContext.BaseDirectory + "../", Cancellation));
        import.Code.ShouldBe(StorageFault.ReadOnly);
    }

    [Fact]
    public async Task CommitAsync_DiskFull_MakesNoVersion()
    {
        using var source = new TemporaryFolder();
        source.Write("a.txt", "a");
        var root = await Repository().ImportAsync("support", source.Path, Cancellation);
        _disk.Fill();
        var changes = new Dictionary<string, byte[]?> { ["b.txt"] = Noise(200_000) };
        var fault = await Should.ThrowAsync<StorageFault>(() => Repository().CommitAsync("support", root.Id, changes, "edit", Cancellation));
        fault.Code.ShouldBe(StorageFault.Full);
        (await Repository().ResolveAsync("support", root.Id.Value, Cancellation)).ShouldBe(root);
        Directory.EnumerateFiles(_disk.Path, "*", SearchOption.AllDirectories).ShouldAllBe(file => !file.Contains("tmp_") && !file.Contains("crash"));
        _disk.Free();
        var version = await Repository().CommitAsync("support", root.Id, changes, "edit", Cancellation);
        (await Repository().ReadFilesAsync("support", version.Id, Cancellation))["b.txt"].Length.ShouldBe(200_000);
    }

    [Fact]
    public async Task MaterializeAsync_DiskFull_SaysSo()
    {
        using var source = new TemporaryFolder();
        source.Write("a.txt", new string('a', 900_000));
        var root = await Repository().ImportAsync("support", source.Path, Cancellation);
        var fault = await Should.ThrowAsync<StorageFault>(async () =>
        {
            for (var i = 0; i < 4; i++) await Repository().MaterializeAsync("support", root.Id, Path.Combine(_disk.Path, $"{i}"), Cancellation);
        });
        fault.Code.ShouldBe(StorageFault.Full);
    }

    private static Task<bool> AppendAsync(SqliteSessionStore sessions, int sequence) => sessions.AppendAsync(
        Session, sequence, new SessionEvent.SearchStopped("stall", new string('x', 3000)), DateTimeOffset.UnixEpoch, Cancellation);

    private static byte[] Noise(int bytes)
    {
        var rng = new Seed(1).For("noise");
        return [.. Enumerable.Range(0, bytes).Select(_ => (byte)rng.Next(256))];
    }

    private GitAgentRepository Repository() => new(new GitProgram(), _disk.Path, TimeProvider.System);
}
