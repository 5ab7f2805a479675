using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Workers.Commands;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Workspaces;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Sandboxes.Containers;
using Espalier.Workers.Sandboxes.Plain;
using Espalier.Workers.Tools;
using Espalier.Workers.Trials;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers;

public static class WorkersServiceCollectionExtensions
{
    /// <summary>Every sandbox by its word in configuration.</summary>
    private static readonly Dictionary<string, Func<IServiceProvider, ISandbox>> Sandboxes = new()
    {
        [BubblewrapSandbox.SandboxName] = services => ActivatorUtilities.CreateInstance<BubblewrapSandbox>(services),
        ["docker"] = services => Container(services, "docker"),
        ["podman"] = services => Container(services, "podman"),
        [ProcessSandbox.SandboxName] = services => ActivatorUtilities.CreateInstance<ProcessSandbox>(services),
    };

    /// <summary>Adds <see cref="ISandbox"/>, <see cref="IRunner"/>, <see cref="ICommandRunner"/> and <see cref="ITrialRunner"/>. Needs <see cref="IAgentRepository"/> and
    /// <see cref="IRunTokens"/>; options come from the section <see cref="WorkersOptions.Section"/>.</summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<WorkersOptions>, WorkersOptionsValidator>();
        services.AddOptions<WorkersOptions>()
            .BindConfiguration(WorkersOptions.Section)
            .Validate(
                options => Sandboxes.ContainsKey(options.Sandbox),
                $"{WorkersOptions.Section}:Sandbox is no known sandbox. Known: {string.Join(", ", Sandboxes.Keys.Order())}.")
            .ValidateOnStart();
        services.AddSingleton(provider => Sandboxes[provider.GetRequiredService<IOptions<WorkersOptions>>().Value.Sandbox](provider));
        services.AddSingleton(provider => new VersionFiles(
            provider.GetRequiredService<IAgentRepository>(), provider.GetRequiredService<IOptions<WorkersOptions>>().Value.StateFolder));
        services.TryAddSingleton<ISecrets, EnvironmentSecrets>();
        services.AddSingleton<SandboxRunner>();
        services.AddSingleton<IRunner>(provider => provider.GetRequiredService<SandboxRunner>());
        services.AddSingleton<ICommandRunner, SandboxCommandRunner>();
        services.AddSingleton<WorkspaceFolders>().AddSingleton<IWorkspaceTests, WorkspaceTests>();
        services.AddSingleton<ITrialRunner, TrialRunner>();
        services.AddSingleton<IToolProcesses, HostToolProcesses>();
        services.AddHostedService<IdleEnder>();
        return services;
    }

    private static ContainerSandbox Container(IServiceProvider services, string engine) =>
        new(engine, services.GetRequiredService<IOptions<WorkersOptions>>().Value, services.GetRequiredService<ILogger<ContainerSandbox>>());
}
