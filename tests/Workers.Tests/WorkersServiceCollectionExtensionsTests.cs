using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Testing.Fakes;
using Espalier.Workers.Commands;
using Espalier.Workers.Runs;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Sandboxes.Plain;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Tests;

public sealed class WorkersServiceCollectionExtensionsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task AddWorkers_Defaults_AreBubblewrapAndRunner()
    {
        await using var services = Build();
        services.GetRequiredService<ISandbox>().ShouldBeOfType<BubblewrapSandbox>();
        services.GetRequiredService<IRunner>().ShouldBeOfType<SandboxRunner>();
        services.GetRequiredService<ICommandRunner>().ShouldBeOfType<SandboxCommandRunner>();
    }

    [Fact]
    public async Task AddWorkers_ProcessByName_IsGiven()
    {
        await using var services = Build(("Workers:Sandbox", "process"));
        services.GetRequiredService<ISandbox>().ShouldBeOfType<ProcessSandbox>();
    }

    [Fact]
    public async Task AddWorkers_UnknownSandbox_FailsWithTheKnownOnes()
    {
        await using var services = Build(("Workers:Sandbox", "no-such-sandbox"));
        Should.Throw<OptionsValidationException>(() => services.GetRequiredService<ISandbox>()).Message.ShouldContain("Known: bubblewrap, docker, podman, process");
    }

    [Fact]
    public async Task AddWorkers_ValueOutOfRange_Fails()
    {
        await using var services = Build(("Workers:PoolSize", "-1"));
        Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IRunner>()).Message.ShouldContain("PoolSize");
    }

    public void Dispose() => _folder.Dispose();

    private ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var values = settings.Append(("Workers:StateFolder", _folder.Path)).ToDictionary(pair => pair.Item1, pair => (string?)pair.Item2);
        return new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .AddSingleton<IAgentRepository>(new FilesRepository())
            .AddSingleton<IBlobStore>(new InMemoryBlobStore())
            .AddSingleton<IRunTokens>(new FakeTokens())
            .AddWorkers()
            .BuildServiceProvider();
    }
}
