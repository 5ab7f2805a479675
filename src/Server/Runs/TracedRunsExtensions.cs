using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;

namespace Espalier.Server.Runs;

internal static class TracedRunsExtensions
{
    /// <summary>Puts the tracing runner in front of the sandbox's own.</summary>
    public static IServiceCollection AddTracedRuns(this IServiceCollection services)
    {
        var inner = services.Last(service => service.ServiceType == typeof(IRunner));
        services.Remove(inner);
        return services.AddSingleton<IRunner>(provider => new TracedRunner(
            (IRunner)inner.ImplementationFactory!(provider), provider.GetRequiredService<ISpanSink>(), provider.GetRequiredService<TimeProvider>()));
    }
}
