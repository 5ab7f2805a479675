using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;

namespace Espalier.Server.Runs;

internal static class TracedRunsExtensions
{
    /// <summary>Puts the tracing runner in front of the sandbox's own, and remembers whose tokens were whose.</summary>
    public static IServiceCollection AddTracedRuns(this IServiceCollection services)
    {
        var tokens = services.Last(service => service.ServiceType == typeof(IRunTokens));
        services.Remove(tokens);
        services.AddSingleton(provider => new RunWindows((IRunTokens)tokens.ImplementationFactory!(provider), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IRunTokens>(provider => provider.GetRequiredService<RunWindows>());
        var inner = services.Last(service => service.ServiceType == typeof(IRunner));
        services.Remove(inner);
        return services.AddSingleton<IRunner>(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            // Each try has a trace of its own.
            return new RetryingRunner(new TracedRunner((IRunner)inner.ImplementationFactory!(provider), provider.GetRequiredService<ISpanSink>(), time), time);
        });
    }
}
