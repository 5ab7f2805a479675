using System.Diagnostics;
using Espalier.Core.Traces;
using Espalier.Storage.ChDb;
using Espalier.Storage.ClickHouse;
using Espalier.Storage.ClickHouse.Journal;
using Espalier.Storage.ClickHouse.Traces;
using Espalier.Storage.ClickHouse.Traces.Folding;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Espalier.Storage.Tests.ClickHouse;

/// <summary>The trace store as the server has it: real library, real child process, real journal, in a folder of its own.</summary>
internal sealed class TraceStack : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private readonly List<IHostedService> _started = [];

    private TraceStack(ServiceProvider provider) => _provider = provider;

    public ITraceStore Store => _provider.GetRequiredService<ITraceStore>();

    /// <summary>The store as it reads when there are too many rows to look at at once.</summary>
    public ITraceStore LargeStore => new ClickHouseTraceStore(
        Client, Journal, _provider.GetRequiredService<TraceLoader>(), _provider.GetRequiredService<OpenTraces>(), _provider.GetRequiredService<FeedbackMetrics>(), _provider.GetRequiredService<ClickHouseOptions>(), _provider.GetRequiredService<TimeProvider>())
    { SmallStoreRows = 0 };

    public ChDbSupervisor Supervisor => _provider.GetRequiredService<ChDbSupervisor>();

    public ClickHouseClient Client => _provider.GetRequiredService<ClickHouseClient>();

    public OpenTraces Open => _provider.GetRequiredService<OpenTraces>();

    public TraceSampler Sampler => _provider.GetRequiredService<TraceSampler>();

    public TraceJournal Journal => _provider.GetRequiredService<TraceJournal>();

    public static async Task<TraceStack> StartAsync(
        TemporaryFolder folder, TimeProvider? time = null, bool withEngine = true, Func<ChDbOptions, ChDbOptions>? change = null, SamplingOptions? sampling = null)
    {
        // Without the library the tests fail and say how to get it; passing in silence would prove nothing.
        if (ChDbLibrary.Find(null) is null) Assert.Fail(ChDbLibrary.HowToGet(null));
        var chDb = new ChDbOptions { Path = folder["chdb"], MemoryMib = 512 };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time ?? TimeProvider.System);
        if (sampling is not null) services.AddSingleton(sampling);
        services.AddClickHouseTraces(
            new() { JournalPath = folder["journal"], BatchDelay = TimeSpan.FromMilliseconds(20) }, change?.Invoke(chDb) ?? chDb);
        var stack = new TraceStack(services.BuildServiceProvider());
        if (!withEngine) return stack;
        foreach (var service in stack._provider.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
            stack._started.Add(service);
        }

        return stack;
    }

    /// <summary>Ends the engine as a crash would; null when none runs at this moment.</summary>
    public int? KillEngine()
    {
        if (Supervisor.Status.ProcessId is not { } id) return null;
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // Killed by the round before, and the supervisor has not noticed yet.
            return null;
        }

        return id;
    }

    public async ValueTask DisposeAsync()
    {
        _started.Reverse();
        foreach (var service in _started) await service.StopAsync(CancellationToken.None);
        await _provider.DisposeAsync();
    }
}
