using Espalier.Core.Runs;

namespace Espalier.Server.Runs;

internal static class TracedRunsExtensions
{
    /// <summary>Puts the tracing runner in front of the sandbox's own.</summary>
    public static IServiceCollection AddTracedRuns(this IServiceCollection services) => services.AddSingleton<IRunner, TracedRunner>();
}
