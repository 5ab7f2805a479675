using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class CallSiteStoreContract : StoreContract<ICallSiteStore>
{
    [Fact]
    public async Task AddAsync_KnownAndNewSites_SumsCallsAndKeepsTheFirstTime()
    {
        await Store.AddAsync([Site("plan", 2, 5), Site(Hostile, 1, 5)], Cancellation);
        await Store.AddAsync([Site("plan", 3, 9) with { Template = "newer" }], Cancellation);
        await Store.AddAsync([Site("plan", 1, 9) with { Agent = "other" }], Cancellation);
        var sites = await Store.ListAsync("desk", Cancellation);
        sites.Select(site => (site.Name, site.Calls)).ShouldBe([("plan", 5), (Hostile, 1)]);
        (sites[0].FirstSeen, sites[0].LastSeen, sites[0].Template).ShouldBe((Time.GetUtcNow().AddMinutes(5), Time.GetUtcNow().AddMinutes(9), "newer"));
        sites[1].Tools.ShouldBe(["find", Hostile]);
        (await Store.ListAsync("none", Cancellation)).ShouldBeEmpty();
    }

    private AgentCallSite Site(string name, long calls, int minute) => new()
    {
        Agent = "desk",
        Name = name,
        Fingerprint = "3f9ac2d1b07e",
        Named = true,
        Template = Hostile,
        Tools = ["find", Hostile],
        Calls = calls,
        FirstSeen = Time.GetUtcNow().AddMinutes(minute),
        LastSeen = Time.GetUtcNow().AddMinutes(minute),
    };
}
