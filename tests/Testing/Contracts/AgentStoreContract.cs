using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class AgentStoreContract : StoreContract<IAgentStore>
{
    private static readonly VersionId First = new(new string('a', 40));
    private static readonly VersionId Second = new(new string('b', 40));

    [Fact]
    public async Task FindAsync_UnknownName_ReturnsNull() => (await Store.FindAsync("nobody", Cancellation)).ShouldBeNull();

    [Fact]
    public async Task SaveAsync_HostileText_ComesBackAsItWas()
    {
        var agent = new RegisteredAgent("support", Hostile.Replace("\0", ""), First);
        await Store.SaveAsync(agent, Cancellation);
        (await Store.FindAsync("support", Cancellation)).ShouldBe(agent);
    }

    [Fact]
    public async Task SaveAsync_SameName_Replaces()
    {
        await Store.SaveAsync(new RegisteredAgent("support", "/one", First), Cancellation);
        await Store.SaveAsync(new RegisteredAgent("support", "/two", Second), Cancellation);
        (await Store.ListAsync(Cancellation)).ShouldBe([new RegisteredAgent("support", "/two", Second)]);
    }

    [Fact]
    public async Task ListAsync_MixedCase_SortsByBytes()
    {
        foreach (var name in new[] { "beta", "Beta", "alpha" }) await Store.SaveAsync(new RegisteredAgent(name, "/", First), Cancellation);
        (await Store.ListAsync(Cancellation)).Select(agent => agent.Name).ShouldBe(["Beta", "alpha", "beta"]);
    }
}
