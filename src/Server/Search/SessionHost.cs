using System.Collections.Concurrent;
using Espalier.Contracts.Search;
using Espalier.Core.Search;
using Espalier.Core.Shared;

namespace Espalier.Server.Search;

/// <summary>Runs sessions in the background of this process, and tells watchers that something happened.</summary>
/// <remarks>Stopping the server stops its sessions between two events; they are then interrupted and can be resumed.</remarks>
internal sealed class SessionHost(IServiceProvider services, TimeProvider time, ILogger<SessionHost> logger) : IHostedService, ISessionObserver, IDisposable
{
    private readonly ConcurrentDictionary<SessionId, RunningSession> _running = new();
    private readonly ConcurrentDictionary<SessionId, SessionProgress> _progress = new();
    private readonly CancellationTokenSource _stopping = new();

    public bool IsBusy => !_running.IsEmpty;

    public bool IsRunning(SessionId session) => _running.ContainsKey(session);

    public SessionProgress ProgressOf(SessionId session) => _progress.GetOrAdd(session, _ => new SessionProgress());

    /// <summary>Starts or goes on with a session; nothing happens when it runs already.</summary>
    public void Run(SessionId session)
    {
        var running = new RunningSession(CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
        if (!_running.TryAdd(session, running))
        {
            running.Dispose();
            return;
        }

        ProgressOf(session).Reset();
        running.Work = Task.Run(() => RunAsync(session, running), CancellationToken.None);
    }

    /// <summary>Stops a session between two events and waits for it; false when it does not run.</summary>
    public async Task<bool> StopAsync(SessionId session, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(session, out var running)) return false;
        await running.CancelAsync();
        if (running.Work is { } work) await work.WaitAsync(cancellationToken);
        return true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        foreach (var work in _running.Values.Select(running => running.Work).OfType<Task>()) await work.WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    public void OnPhase(SessionId session, string phase) => ProgressOf(session).Phase = phase;

    public void OnCase(SessionId session) => ProgressOf(session).CountCase();

    public void OnDecision(SessionId session, string words) => ProgressOf(session).Decision = words;

    private async Task RunAsync(SessionId session, RunningSession running)
    {
        try
        {
            SearchLog.SessionStarted(logger, session);
            var began = time.GetTimestamp();
            var state = await services.GetRequiredService<SessionRunner>().RunAsync(session, running.Token);
            SearchLog.SessionEnded(logger, session, state.Runs, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (running.Token.IsCancellationRequested)
        {
            SearchLog.SessionInterrupted(logger, session);
        }
        catch (Exception e)
        {
            SearchLog.SessionBroke(logger, session, e);
            ProgressOf(session).Fault = e is StorageFault fault
                ? (fault.What, fault.Fix)
                : ("The session stopped because of a fault in the server.", "The server's log says more; 'espalier optimize --resume' goes on from the last event.");
        }
        finally
        {
            _running.TryRemove(session, out _);
            running.Dispose();
            ProgressOf(session).Touch();
        }
    }

    private sealed class RunningSession(CancellationTokenSource stop) : IDisposable
    {
        public CancellationToken Token { get; } = stop.Token;

        public Task? Work { get; set; }

        public Task CancelAsync() => stop.CancelAsync();

        public void Dispose() => stop.Dispose();
    }
}
