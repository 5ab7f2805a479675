using Espalier.Core.Traces;
using Espalier.Storage.ChDb;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.ClickHouse.Traces;
using Espalier.Storage.ClickHouse.Traces.Folding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ClickHouse;

/// <summary>The trace store and what keeps it running.</summary>
public static class ClickHouseServiceCollectionExtensions
{
    /// <summary>Adds <see cref="ITraceStore"/>: over the embedded engine, or over a server when <see cref="ClickHouseOptions.Url"/> is set.</summary>
    /// <remarks>
    /// With the embedded engine <see cref="ChDbSupervisor"/> is there too and tells how it does. Nothing waits for the engine: writing
    /// works from the first moment, and reading waits until it is ready.
    /// </remarks>
    public static IServiceCollection AddClickHouseTraces(this IServiceCollection services, ClickHouseOptions options, ChDbOptions chDb)
    {
        if (options.BatchRows is < 1 or > 50_000)
            throw new ArgumentException($"{ClickHouseOptions.Section}:BatchRows is {options.BatchRows}; it is from 1 to 50,000.", nameof(options));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.TryAddSingleton(new FeedbackMetrics([]));
        if (options.Url is null)
        {
            // Before the loader: services stop in the opposite order, so the engine outlives what uses it.
            services.AddSingleton(provider => new ChDbSupervisor(
                chDb, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ChDbSupervisor>>()));
            services.AddHostedService(provider => provider.GetRequiredService<ChDbSupervisor>());
            services.AddSingleton(provider => provider.GetRequiredService<ChDbSupervisor>().Endpoint);
        }
        else
        {
            services.AddSingleton(ClickHouseEndpoint.ForServer(options));
        }

        services.AddSingleton<ClickHouseClient>();
        services.AddSingleton(_ => TraceJournal.Open(options));
        services.TryAddSingleton(new SamplingOptions());
        services.AddSingleton<OpenTraces>();
        services.AddSingleton<TraceFolder>();
        services.AddSingleton<LoadPace>();
        services.AddSingleton<ITraceBacklog>(provider => provider.GetRequiredService<LoadPace>());
        services.AddSingleton<TraceLoader>();
        services.AddHostedService(provider => provider.GetRequiredService<TraceLoader>());
        services.AddSingleton<TraceSampler>();
        services.AddHostedService(provider => provider.GetRequiredService<TraceSampler>());
        services.AddSingleton<ITraceStore, ClickHouseTraceStore>();
        services.AddSingleton<ITraceWriter>(provider => provider.GetRequiredService<ITraceStore>());
        return services;
    }
}
