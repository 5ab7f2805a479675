using System.Security.Cryptography;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Workers.Runs.Workspaces;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Runs;

/// <summary>Runs versions in sandboxes: a process a request, or warm processes that serve many, as the protocol says.</summary>
/// <remarks>Thread-safe. The duration of a run is from the moment its input was sent: for stdio that includes the program's start, which is
/// part of how it serves; for warm processes it does not. Waiting for a free place is never included.</remarks>
internal sealed class SandboxRunner : IRunner, IAsyncDisposable
{
    private readonly ISandbox _sandbox;
    private readonly IRunTokens _tokens;
    private readonly ISecrets _secrets;
    private readonly WorkspaceFolders _workspaces;
    private readonly TimeProvider _time;
    private readonly WorkersOptions _options;
    private readonly ILogger<SandboxRunner> _logger;
    private readonly VersionFiles _files;
    private readonly WarmPools _pools;

    public SandboxRunner(
        ISandbox sandbox, VersionFiles files, IRunTokens tokens, ISecrets secrets, WorkspaceFolders workspaces, TimeProvider time, IOptions<WorkersOptions> options,
        ILogger<SandboxRunner> logger)
    {
        (_sandbox, _files, _tokens, _secrets, _workspaces, _time, _options, _logger) = (sandbox, files, tokens, secrets, workspaces, time, options.Value, logger);
        _pools = new WarmPools(_options.EffectivePoolSize, _options.EffectiveMaxProcesses, time);
    }

    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var check = await _sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        var start = new AgentStart(
            request, Protocols.Of(request.Contract.Run), await _files.FolderAsync(request.Version, cancellationToken),
            _secrets.Read(request.Version.Agent, request.Contract.Run), new TraceId(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))));
        var ended = start.Protocol.IsWarm && request.Workspace is null ? await RunWarmAsync(start, cancellationToken) : await RunOnceAsync(start, cancellationToken);
        // Counted as the agent's failure it would be a false verdict, kept for ever.
        if (ended.Measure.Fault is { } fault) throw new StorageFault(fault.Code, fault.Path, fault.What, fault.Fix, fault);
        return new Run
        {
            Key = request.Key,
            Version = request.Version.Id,
            Case = request.Case,
            TraceId = start.Trace,
            Outcome = SecretText.Remove(Outcomes.Measured(ended.Outcome, ended.Measure, request.Contract.Budget), start.Secrets),
            Usage = ended.Measure.Usage,
            Tools = ended.Measure.Tools,
            Duration = ended.Duration,
            Changes = ended.Changes,
        };
    }

    public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => EndAsync(_pools.Cool(agent, version), "cooled");

    /// <summary>Ends warm processes that nothing asked for since the idle time.</summary>
    public Task EndIdleAsync() => EndAsync(_pools.TakeIdle(_options.IdleAfter), "idle");

    public async ValueTask DisposeAsync() => await EndAsync(_pools.Close(), "the server stops");

    private async Task<Ended> RunOnceAsync(AgentStart start, CancellationToken cancellationToken)
    {
        var lease = await _pools.RentAsync(null, cancellationToken);
        var token = _tokens.Issue();
        ISandboxProcess? process = null;
        WorkspaceRun? work = null;
        try
        {
            if (lease.Evicted is { } evicted) await EndAsync(evicted);
            if (start.Request.Workspace is { } workspace) work = await WorkspaceRun.CreateAsync(_workspaces, workspace, start.Folder, cancellationToken);
            var ended = await BoundAsync(token, start, async limit =>
            {
                await using var started = process = await _sandbox.StartAsync(Spec(start, token) with { Workspace = work?.Mount }, limit);
                using var agent = start.Protocol.Attach(started, start.Run, _options.MaxOutputBytes);
                if (await agent.WaitUntilReadyAsync(limit) is { } failed) return failed;
                return work is null
                    ? (await agent.AskAsync(start.Question(token), limit)).Outcome
                    : await work.AskAsync(started, agent, start.Question(token), endsByItself: !start.Protocol.IsWarm, limit);
            }, () => process?.StderrTail, cancellationToken);
            return ended.Outcome is Outcome.Completed ? ended with { Changes = work?.Changes } : ended;
        }
        finally
        {
            work?.Dispose();
            _tokens.Revoke(token);
            _pools.GiveBack(lease);
        }
    }

    private async Task<Ended> RunWarmAsync(AgentStart start, CancellationToken cancellationToken)
    {
        await using var place = await WarmPlace.RentAsync(_pools, Key(start), EndAsync, cancellationToken);
        try
        {
            if (place.Process is null) await place.FillAsync(() => WarmUpAsync(start, cancellationToken));
            if (await place.Process!.WaitUntilReadyAsync(cancellationToken) is { } failed) return new Ended(failed, Nothing, TimeSpan.Zero);
        }
        catch (SandboxFault fault)
        {
            _logger.SandboxSetUpFailed(fault.Stderr);
            return new Ended(Outcomes.NotSetUp(fault), Nothing, TimeSpan.Zero);
        }

        var process = place.Process;
        // A token tells whose calls these are, so requests that share a process need one each.
        var own = process.Places > 1 ? _tokens.Issue() : null;
        try
        {
            return await BoundAsync(own ?? process.Token, start, async limit =>
            {
                // What will not be used again is killed before the token is unbound, so that no call of it is waited for.
                try
                {
                    (var outcome, place.Keep) = await process.Agent.AskAsync(start.Question(own ?? process.Token), limit);
                    return outcome;
                }
                finally
                {
                    if (!place.Keep && process.Places == 1) process.Kill();
                }
            }, () => process.StderrTail, cancellationToken);
        }
        finally
        {
            if (own is not null) _tokens.Revoke(own);
        }
    }

    private async Task<WarmProcess> WarmUpAsync(AgentStart start, CancellationToken cancellationToken)
    {
        var token = _tokens.Issue();
        try
        {
            var started = await _sandbox.StartAsync(Spec(start, token), cancellationToken);
            _logger.WarmProcessStarted(start.Request.Version.Agent, start.Request.Version.Id.Value);
            return new WarmProcess(started, start.Protocol.Attach(started, start.Run, _options.MaxOutputBytes), token, start.Run.Http?.Concurrency ?? 1);
        }
        catch
        {
            _tokens.Revoke(token);
            throw;
        }
    }

    /// <summary>Executes with the token bound to the run, within its wall time.</summary>
    private async Task<Ended> BoundAsync(
        string token, AgentStart run, Func<CancellationToken, Task<Outcome>> execute, Func<string?> stderr, CancellationToken cancellationToken)
    {
        var timeout = run.Run.Timeout;
        using var clock = new CancellationTokenSource(timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        Outcome outcome;
        var start = _time.GetTimestamp();
        _tokens.Bind(token, run.Context);
        try
        {
            outcome = await execute(limit.Token);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            outcome = new Outcome.TimedOut(timeout) { Stderr = stderr() is { Length: > 0 } words ? words : null };
        }
        catch (SandboxFault fault)
        {
            _logger.SandboxSetUpFailed(fault.Stderr);
            outcome = Outcomes.NotSetUp(fault);
        }
        catch
        {
            await _tokens.UnbindAsync(token, CancellationToken.None);
            throw;
        }

        var duration = _time.GetElapsedTime(start);
        return new Ended(outcome, await _tokens.UnbindAsync(token, CancellationToken.None), duration);
    }

    private SandboxSpec Spec(AgentStart start, string token)
    {
        var gateway = _sandbox is IHostNetwork host ? host.GatewayAddress : "http://127.0.0.1:8080";
        return _options.Limit(new SandboxSpec
        {
            Command = start.Run.Command,
            SourceFolder = start.Folder,
            Environment = AgentEnvironment.Build(gateway ?? "http://127.0.0.1:9", token, start.Run, start.Secrets, start.Tools),
            GatewaySocket = _options.GatewaySocket,
            Listens = start.Protocol.Listens,
            MemoryBytes = start.Run.MemoryBytes,
        });
    }

    private static PoolKey Key(AgentStart start)
    {
        var run = start.Run;
        var variables = run.Environment.Concat(start.Secrets).OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => new[] { pair.Key, pair.Value });
        string?[] parts = [run.Command, run.MemoryBytes.ToString(), run.Protocol.ToString(), $"{run.Http}", .. variables];
        return new PoolKey(start.Request.Version.Agent, start.Request.Version.Id, ContentHash.Of(32, parts));
    }

    private async Task EndAsync(IReadOnlyList<Lease> leases, string why)
    {
        await Task.WhenAll(leases.Select(async lease =>
        {
            await EndAsync(lease.Process!);
            _logger.WarmProcessEnded(lease.Pool!.Key.Agent, lease.Pool.Key.Version.Value, why);
            _pools.GiveBack(lease);
        }));
    }

    private async Task EndAsync(WarmProcess process)
    {
        _tokens.Revoke(process.Token);
        await process.DisposeAsync();
    }

    private static RunMeasure Nothing { get; } = new(
        new RunUsage { Calls = 0, Attempts = 0, InputTokens = 0, OutputTokens = 0, Cost = Contracts.Shared.Usd.Zero }, null, false, null, null);

    private readonly record struct Ended(Outcome Outcome, RunMeasure Measure, TimeSpan Duration, WorkspaceChanges? Changes = null);
}
