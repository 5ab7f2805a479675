using Espalier.Core.Runs;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class ToolStoreContract : StoreContract<IToolStore>
{
    [Fact]
    public async Task ReadAsync_SeveralOfOneFingerprint_ComeInTheOrderOfTheirCalls()
    {
        await Store.AddAsync(Recording("t1", "a", "first"), Cancellation);
        await Store.AddAsync(Recording("t1", "b", Hostile), Cancellation);
        await Store.AddAsync(Recording("t1", "a", "second"), Cancellation);
        await Store.AddAsync(Recording("t2", "a", "elsewhere"), Cancellation);
        await Store.AddAsync(Recording("t1", "a", "another's") with { Agent = "other" }, Cancellation);

        var read = await Store.ReadAsync("desk", "t1", Cancellation);

        read.Select(one => (one.Fingerprint, one.Answer)).ShouldBe([("a", "first"), ("b", Hostile), ("a", "second")]);
        read[0].ShouldBe(Recording("t1", "a", "first"));
        (await Store.ReadAsync("desk", "t3", Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ReadOperationAsync_ManyTraces_GivesTheNewestOfThatOperation()
    {
        for (var i = 0; i < 5; i++) await Store.AddAsync(Recording($"t{i}", "a", $"{i}"), Cancellation);
        await Store.AddAsync(Recording("t9", "a", "other") with { Operation = "other" }, Cancellation);
        await Store.AddAsync(Recording("t9", "a", "other") with { Tool = "other" }, Cancellation);
        await Store.AddAsync(Recording("t9", "a", "other") with { Agent = "other" }, Cancellation);

        (await Store.ReadOperationAsync("desk", "shop", "tools/call get", 3, Cancellation)).Select(one => one.Answer).ShouldBe(["4", "3", "2"]);
    }

    [Fact]
    public async Task DeleteAsync_OfTraces_LeavesTheOthers()
    {
        foreach (var trace in (string[])["t1", "t1", "t2", "t3"]) await Store.AddAsync(Recording(trace, "a", trace), Cancellation);

        (await Store.DeleteAsync(["t1", "t2", Hostile], Cancellation)).ShouldBe(3);

        (await Store.ReadAsync("desk", "t1", Cancellation)).ShouldBeEmpty();
        (await Store.ReadAsync("desk", "t3", Cancellation)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task ExpireAsync_OldRecordings_AreForgotten()
    {
        await Store.AddAsync(Recording("t1", "a", "old"), Cancellation);
        await Store.AddAsync(Recording("t1", "a", "new") with { At = Time.GetUtcNow().AddDays(2) }, Cancellation);

        (await Store.ExpireAsync(Time.GetUtcNow().AddDays(1), Cancellation)).ShouldBe(1);

        (await Store.ReadAsync("desk", "t1", Cancellation)).Select(one => one.Answer).ShouldBe(["new"]);
    }

    [Fact]
    public async Task FindCatalogAsync_SavedTwice_IsTheNewest()
    {
        (await Store.FindCatalogAsync("desk", "shop", Cancellation)).ShouldBeNull();
        await Store.SaveCatalogAsync("desk", "shop", "{}", Cancellation);
        await Store.SaveCatalogAsync("desk", "shop", Hostile, Cancellation);

        (await Store.FindCatalogAsync("desk", "shop", Cancellation)).ShouldBe(Hostile);
        (await Store.FindCatalogAsync("desk", "other", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task FindTrustedAsync_TrustedAndDistrusted_IsWhatStands()
    {
        await Store.TrustAsync("desk", "shop", "b", "me", Cancellation);
        await Store.TrustAsync("desk", "shop", "a", "me", Cancellation);
        await Store.TrustAsync("desk", "shop", "a", "you", Cancellation);
        (await Store.FindTrustedAsync("desk", "shop", Cancellation)).ShouldBe(["a", "b"]);
        (await Store.FindTrustedAsync("other", "shop", Cancellation)).ShouldBeEmpty();
        await Store.DistrustAsync("desk", "other", Cancellation);
        (await Store.FindTrustedAsync("desk", "shop", Cancellation)).Count.ShouldBe(2);
        await Store.DistrustAsync("desk", "shop", Cancellation);
        (await Store.FindTrustedAsync("desk", "shop", Cancellation)).ShouldBeEmpty();
    }

    private ToolRecording Recording(string recorded, string fingerprint, string answer) => new()
    {
        Agent = "desk",
        Recorded = recorded,
        Tool = "shop",
        Operation = "tools/call get",
        Fingerprint = fingerprint,
        Arguments = "{}",
        Answer = answer,
        At = Time.GetUtcNow(),
    };
}
