using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;
using Espalier.Core.Datasets;
using Shouldly;
using Xunit;
using Case = Espalier.Contracts.Datasets.Case;

namespace Espalier.Testing.Contracts;

public abstract class DatasetStoreContract : StoreContract<IDatasetStore>
{
    [Fact]
    public async Task ReadCasesAsync_SavedCases_ComeBackInTheirOrder()
    {
        Case[] cases = [Case("3", Split.Vault), Case("1", Split.Search, Hostile), Case("2", Split.Search), Case("0", Split.Confirm)];
        await Store.SaveAsync(Revision("r1"), cases, Cancellation);

        (await Store.ReadCasesAsync(new RevisionId("r1"), null, Cancellation)).Select(one => one.Id.Value).ShouldBe(["3", "1", "2", "0"]);
        var search = await Store.ReadCasesAsync(new RevisionId("r1"), Split.Search, Cancellation);
        search.Select(one => one.Id.Value).ShouldBe(["1", "2"]);
        search[0].Input.ShouldBe(Hostile);
        search[0].ShouldBe(cases[1] with { Sources = search[0].Sources });
        search[0].Sources.ShouldBe(cases[1].Sources);
    }

    [Fact]
    public async Task FindAsync_SavedRevision_ComesBackWhole()
    {
        var revision = Revision("r1") with { LeftOut = new Dictionary<string, int> { ["near-duplicate"] = 4, ["Änderung"] = 1 } };
        await Store.SaveAsync(revision, [], Cancellation);
        var found = (await Store.FindAsync(revision.Id, Cancellation)).ShouldNotBeNull();
        found.ShouldBe(revision with { LeftOut = found.LeftOut });
        found.LeftOut.ShouldBe(revision.LeftOut, ignoreOrder: true);
    }

    [Fact]
    public async Task SaveAsync_SameIdAgain_ChangesNothing()
    {
        await Store.SaveAsync(Revision("r1"), [Case("1", Split.Search)], Cancellation);
        await Store.SaveAsync(Revision("r1") with { Agent = "other" }, [Case("2", Split.Search)], Cancellation);
        (await Store.FindAsync(new RevisionId("r1"), Cancellation))!.Agent.ShouldBe("support");
        (await Store.ReadCasesAsync(new RevisionId("r1"), null, Cancellation)).ShouldHaveSingleItem().Id.Value.ShouldBe("1");
    }

    [Fact]
    public async Task FindLatestAsync_SeveralRevisions_ReturnsTheNewestOfTheDataset()
    {
        await Store.SaveAsync(Revision("r2", minute: 2), [], Cancellation);
        await Store.SaveAsync(Revision("r1", minute: 1), [], Cancellation);
        await Store.SaveAsync(Revision("r3", minute: 3) with { Dataset = "other" }, [], Cancellation);
        (await Store.FindLatestAsync("traffic", Cancellation))!.Id.Value.ShouldBe("r2");
        (await Store.FindLatestAsync("nothing", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task ListAsync_ByAgent_IsNewestFirst()
    {
        await Store.SaveAsync(Revision("r1", minute: 1), [], Cancellation);
        await Store.SaveAsync(Revision("r2", minute: 2) with { Agent = "other" }, [], Cancellation);
        await Store.SaveAsync(Revision("r3", minute: 2), [], Cancellation);
        (await Store.ListAsync(null, Cancellation)).Select(revision => revision.Id.Value).ShouldBe(["r3", "r2", "r1"]);
        (await Store.ListAsync("support", Cancellation)).Select(revision => revision.Id.Value).ShouldBe(["r3", "r1"]);
    }

    [Fact]
    public async Task FindByTraceAsync_TraceInTwoRevisions_FindsBothOldestFirst()
    {
        var trace = new TraceId(new string('7', 32));
        await Store.SaveAsync(Revision("r2", minute: 2), [Case("1", Split.Search) with { Trace = trace }], Cancellation);
        await Store.SaveAsync(Revision("r1", minute: 1), [Case("1", Split.Search) with { Trace = trace }, Case("2", Split.Vault)], Cancellation);
        await Store.SaveAsync(Revision("r3", minute: 3), [Case("2", Split.Search)], Cancellation);
        (await Store.FindByTraceAsync(trace, Cancellation)).Select(id => id.Value).ShouldBe(["r1", "r2"]);
        (await Store.ReadCasesAsync(new RevisionId("r1"), null, Cancellation))[0].Trace.ShouldBe(trace);
        (await Store.FindByTraceAsync(new TraceId("none"), Cancellation)).ShouldBeEmpty();
    }

    private static Case Case(string id, Split split, string input = "Where is my parcel?") => new()
    {
        Id = new CaseId(id),
        Input = input,
        Group = $"conversation {id}",
        Split = split,
        Sources = ["traffic", "errors"],
        InclusionProbability = 0.1 + 0.2,
    };

    private DatasetRevision Revision(string id, int minute = 0) => new()
    {
        Id = new RevisionId(id),
        Dataset = "traffic",
        Agent = "support",
        CreatedAt = Time.GetUtcNow().AddMinutes(minute),
        Search = 2,
        Confirm = 1,
        Vault = 1,
        LeftOut = new Dictionary<string, int>(),
    };
}
