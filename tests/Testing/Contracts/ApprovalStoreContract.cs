using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class ApprovalStoreContract : StoreContract<IApprovalStore>
{
    [Fact]
    public async Task AskAsync_NewAndKnown_KeepsWhatIsSaidAndListsNewestFirst()
    {
        var first = Approval("appr_1", Hostile, 1);
        (await Store.AskAsync(first, _ => throw new InvalidOperationException(), Cancellation)).ShouldBe(first);
        await Store.AskAsync(Approval("appr_2", "other", 2), known => known, Cancellation);
        var changed = await Store.AskAsync(Approval("appr_1", "x", 9), known => known with { UsesLeft = 3 }, Cancellation);
        changed.ShouldBe(first with { UsesLeft = 3 });
        (await Store.FindAsync("appr_1", Cancellation)).ShouldBe(changed);
        (await Store.ListAsync(null, null, Cancellation)).Select(one => one.Id).ShouldBe(["appr_2", "appr_1"]);
        (await Store.ListAsync(Hostile, null, Cancellation)).ShouldHaveSingleItem().ShouldBe(changed);
        (await Store.FindAsync("appr_9", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task UpdateAsync_Decision_IsKeptAndFoundByState()
    {
        await Store.AskAsync(Approval("appr_1", "a", 1), known => known, Cancellation);
        var decided = await Store.UpdateAsync("appr_1", one => one with { State = ApprovalState.Approved, Decided = Time.GetUtcNow(), DecidedBy = Hostile, UsesLeft = 1 }, Cancellation);
        decided!.DecidedBy.ShouldBe(Hostile);
        (await Store.ListAsync("a", ApprovalState.Approved, Cancellation)).ShouldHaveSingleItem().ShouldBe(decided);
        (await Store.ListAsync("a", ApprovalState.Pending, Cancellation)).ShouldBeEmpty();
        (await Store.UpdateAsync("appr_9", one => one, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task AskAsync_ManyAtOnce_EachUseIsSpentOnce()
    {
        await Store.AskAsync(Approval("appr_1", "a", 1) with { UsesLeft = 20 }, known => known, Cancellation);
        var left = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            Store.AskAsync(Approval("appr_1", "a", 1), known => known with { UsesLeft = known.UsesLeft - 1 }, Cancellation))));
        left.Select(one => one.UsesLeft).Order().ShouldBe(Enumerable.Range(0, 20));
    }

    private ToolApproval Approval(string id, string agent, int minute) => new()
    {
        Id = id,
        Agent = agent,
        Version = new VersionId("1111111111111111111111111111111111111111"),
        Guardrail = "money",
        Tool = "refund",
        Arguments = """{"order":"A7"}""",
        TraceId = new TraceId("0af7651916cd43dd8448eb211c80319c"),
        State = ApprovalState.Pending,
        Asked = Time.GetUtcNow().AddMinutes(minute),
        Valid = TimeSpan.FromHours(2),
        Uses = 1,
    };
}
