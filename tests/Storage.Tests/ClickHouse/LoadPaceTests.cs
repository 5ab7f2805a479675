using Espalier.Storage.ClickHouse;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.ClickHouse.Traces;
using Espalier.Testing.Fakes;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>Senders wait while the tables lag behind, and never for a store that stands still.</summary>
public sealed class LoadPaceTests : IDisposable
{
    private const int Mib = 1024 * 1024;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly TraceJournal _journal;
    private readonly LoadPace _pace;

    public LoadPaceTests()
    {
        var options = new ClickHouseOptions { JournalPath = _folder.Path };
        _journal = TraceJournal.Open(options);
        _pace = new LoadPace(_journal, options, _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task WaitAsync_NothingLoadedYet_LetsEverybodyThrough()
    {
        await AppendAsync(50);
        _pace.WaitAsync(Cancellation).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task WaitAsync_MoreThanTheLagWaits_ReturnsOnceItIsLoaded()
    {
        _pace.Loaded(20 * Mib, TimeSpan.FromSeconds(1));
        await AppendAsync(39);
        _pace.WaitAsync(Cancellation).IsCompletedSuccessfully.ShouldBeTrue();
        await AppendAsync(2);
        var waits = _pace.WaitAsync(Cancellation);
        waits.IsCompleted.ShouldBeFalse();
        var file = (await _journal.NextAsync(Cancellation))!;
        await _journal.RemoveAsync(file, Cancellation);
        _pace.Loaded(file.Bytes, TimeSpan.FromSeconds(1));
        await waits.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task WaitAsync_StoreStandsStill_LetsEverybodyThrough()
    {
        _pace.Loaded(20 * Mib, TimeSpan.FromSeconds(1));
        await AppendAsync(50);
        var waits = _pace.WaitAsync(Cancellation);
        waits.IsCompleted.ShouldBeFalse();
        _pace.Stalled();
        await waits.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        _pace.WaitAsync(Cancellation).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task WaitAsync_LoadingHangs_EndsAfterAWhile()
    {
        _pace.Loaded(20 * Mib, TimeSpan.FromSeconds(1));
        await AppendAsync(50);
        var waits = _pace.WaitAsync(Cancellation);
        waits.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(5));
        await waits.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task WaitAsync_SmallBatches_SayNothingAboutTheRate()
    {
        _pace.Loaded(2000, TimeSpan.FromSeconds(1));
        await AppendAsync(50);
        _pace.WaitAsync(Cancellation).IsCompletedSuccessfully.ShouldBeTrue();
    }

    private async Task AppendAsync(int mib)
    {
        for (var i = 0; i < mib; i++) await _journal.AppendAsync(JournalKind.Spans, 1, new byte[Mib], Cancellation);
    }
}
