using Espalier.Contracts.Releases;
using Espalier.Core.Releases;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class AuditLogContract : StoreContract<IAuditLog>
{
    [Fact]
    public async Task AppendAsync_SeveralActs_AreChained()
    {
        var first = await Store.AppendAsync(Act(1), Cancellation);
        Time.Advance(TimeSpan.FromSeconds(1));
        var second = await Store.AppendAsync(Act(2), Cancellation);
        (first.Sequence, second.Sequence).ShouldBe((1, 2));
        second.Previous.ShouldBe(first.Hash);
        second.At.ShouldBe(Time.GetUtcNow());
        (await Store.ReadAsync(0, 10, Cancellation)).ShouldBe([first, second]);
        (await Store.ReadAsync(1, 10, Cancellation)).ShouldBe([second]);
        (await Store.ReadAsync(0, 1, Cancellation)).ShouldBe([first]);
    }

    [Fact]
    public async Task FindFirstBadAsync_UntouchedLog_ReturnsNull()
    {
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBeNull();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Store.AppendAsync(Act(i), Cancellation)));
        (await Store.ReadAsync(0, 100, Cancellation)).Select(entry => entry.Sequence).ShouldBe(Enumerable.Range(1, 32).Select(i => (long)i));
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task FindFirstBadAsync_FlippedByteOrMissingRow_NamesTheEntry()
    {
        for (var i = 1; i <= 6; i++) await Store.AppendAsync(Act(i), Cancellation);
        await TamperAsync(4, delete: false);
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBe(4);
        await TamperAsync(2, delete: true);
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBe(2);
    }

    [Fact]
    public async Task FindFirstBadAsync_LastRowMissing_NamesIt()
    {
        for (var i = 1; i <= 3; i++) await Store.AppendAsync(Act(i), Cancellation);
        await TamperAsync(3, delete: true);
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBe(3);
    }

    /// <summary>Flips one byte of an entry's detail, or deletes the entry, behind the store's back and around its guards.</summary>
    protected abstract Task TamperAsync(long sequence, bool delete);

    private static AuditAct Act(int number) => new("ann", "release.approved", $"rel_{number}", Hostile);
}
