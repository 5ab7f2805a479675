[assembly: AssemblyFixture(typeof(Espalier.Server.Tests.Fakes.SharedServer))]

namespace Espalier.Server.Tests.Fakes;

/// <summary>One server for all tests that leave it as they found it: each brings agents and datasets under names of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public TrialServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TrialServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
