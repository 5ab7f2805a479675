using System.Security.Cryptography;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Runs;

/// <summary>Runs versions in sandboxes: a process a request (stdio), or warm processes that serve many (jsonl).</summary>
/// <remarks>Thread-safe. The duration of a run is from the moment its input was sent: for stdio that includes the program's start, which is
/// part of how it serves; for jsonl it does not. Waiting for a free place is never included.</remarks>
internal sealed class SandboxRunner : IRunner, IAsyncDisposable
{
    private readonly ISandbox _sandbox;
    private readonly IRunTokens _tokens;
    private readonly TimeProvider _time;
    private readonly WorkersOptions _options;
    private readonly ILogger<SandboxRunner> _logger;
    private readonly VersionFiles _files;
    private readonly WarmPools _pools;

    public SandboxRunner(
        ISandbox sandbox, VersionFiles files, IRunTokens tokens, TimeProvider time, IOptions<WorkersOptions> options, ILogger<SandboxRunner> logger)
    {
        (_sandbox, _files, _tokens, _time, _options, _logger) = (sandbox, files, tokens, time, options.Value, logger);
        _pools = new WarmPools(_options.EffectivePoolSize, _options.EffectiveMaxProcesses, time);
    }

    public async Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var check = await _sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        var folder = await _files.FolderAsync(request.Version, cancellationToken);
        var trace = new TraceId(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        var context = Context(request, trace);
        var ended = request.Contract.Run.Protocol == RunProtocol.Stdio
            ? await RunOnceAsync(request, folder, context, cancellationToken)
            : await RunWarmAsync(request, folder, context, cancellationToken);
        // Counted as the agent's failure it would be a false verdict, kept for ever.
        if (ended.Measure.Fault is { } fault) throw new StorageFault(fault.Code, fault.Path, fault.What, fault.Fix, fault);
        return new Run
        {
            Key = request.Key,
            Version = request.Version.Id,
            Case = request.Case,
            TraceId = trace,
            Outcome = Outcomes.Measured(ended.Outcome, ended.Measure, request.Contract.Budget),
            Usage = ended.Measure.Usage,
            Duration = ended.Duration,
        };
    }

    public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => EndAsync(_pools.Cool(agent, version), "cooled");

    /// <summary>Ends warm processes that nothing asked for since the idle time.</summary>
    public Task EndIdleAsync() => EndAsync(_pools.TakeIdle(_options.IdleAfter), "idle");

    public async ValueTask DisposeAsync() => await EndAsync(_pools.Close(), "the server stops");

    private static RunContext Context(RunRequest request, TraceId trace) => new()
    {
        Agent = request.Version.Agent,
        Version = request.Version.Id,
        TraceId = trace,
        ParentSpan = trace.RootSpan(),
        Purpose = request.Purpose,
        Budget = request.Budget,
        RunLimit = request.Contract.Budget.Run,
        UnknownPrice = request.Contract.Budget.UnknownPrice,
        Conversation = request.Conversation,
        User = request.User,
        Session = request.Session,
        Case = request.Case,
        ExcludedGroup = request.ExcludedGroup,
    };

    private async Task<Ended> RunOnceAsync(RunRequest request, string folder, RunContext context, CancellationToken cancellationToken)
    {
        var lease = await _pools.RentAsync(null, cancellationToken);
        var token = _tokens.Issue();
        try
        {
            if (lease.Evicted is { } evicted) await EndAsync(evicted);
            return await BoundAsync(token, context, request.Contract.Run.Timeout, async limit =>
            {
                await using var process = await _sandbox.StartAsync(Spec(request, folder, token), limit);
                var end = await OneShot.RunAsync(process, request.Input, _options.MaxOutputBytes, limit);
                if (end.TooMuch) return Outcomes.TooMuchOutput(_options.MaxOutputBytes, process.StderrTail);
                return end.ExitCode == 0
                    ? new Outcome.Completed(end.Output)
                    : Outcomes.Exited(end.ExitCode, request.Contract.Run, process.StderrTail);
            }, cancellationToken);
        }
        finally
        {
            _tokens.Revoke(token);
            _pools.GiveBack(lease);
        }
    }

    private async Task<Ended> RunWarmAsync(RunRequest request, string folder, RunContext context, CancellationToken cancellationToken)
    {
        var lease = await _pools.RentAsync(Key(request), cancellationToken);
        var process = lease.Process;
        var reusable = false;
        try
        {
            if (lease.Evicted is { } evicted) await EndAsync(evicted);
            if (process is { HasExited: true })
            {
                await EndAsync(process);
                process = null;
            }

            process ??= await WarmUpAsync(request, folder, cancellationToken);
            return await BoundAsync(process.Token, context, request.Contract.Run.Timeout, async limit =>
            {
                // What will not be used again is killed before the token is unbound, so that no call of it is waited for.
                try
                {
                    (var outcome, reusable) = await process.AskAsync(request.Input, limit);
                    return outcome;
                }
                finally
                {
                    if (!reusable) process.Kill();
                }
            }, cancellationToken);
        }
        catch (SandboxFault fault)
        {
            _logger.SandboxSetUpFailed(fault.Stderr);
            return new Ended(Outcomes.NotSetUp(fault), Nothing, TimeSpan.Zero);
        }
        finally
        {
            if (!reusable || !_pools.TryKeep(lease, process!))
            {
                if (process is not null) await EndAsync(process);
                _pools.GiveBack(lease);
            }
        }
    }

    private async Task<WarmProcess> WarmUpAsync(RunRequest request, string folder, CancellationToken cancellationToken)
    {
        var token = _tokens.Issue();
        try
        {
            var started = await _sandbox.StartAsync(Spec(request, folder, token), cancellationToken);
            _logger.WarmProcessStarted(request.Version.Agent, request.Version.Id.Value);
            return new WarmProcess(started, token, request.Contract.Run, _options.MaxOutputBytes);
        }
        catch
        {
            _tokens.Revoke(token);
            throw;
        }
    }

    /// <summary>Executes with the token bound to the run, within its wall time.</summary>
    private async Task<Ended> BoundAsync(
        string token, RunContext context, TimeSpan timeout, Func<CancellationToken, Task<Outcome>> execute, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(timeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        Outcome outcome;
        var start = _time.GetTimestamp();
        _tokens.Bind(token, context);
        try
        {
            outcome = await execute(limit.Token);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            outcome = new Outcome.TimedOut(timeout);
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

    private SandboxSpec Spec(RunRequest request, string folder, string token)
    {
        var gateway = _sandbox is IHostNetwork host ? host.GatewayAddress : "http://127.0.0.1:8080";
        return _options.Limit(new SandboxSpec
        {
            Command = request.Contract.Run.Command,
            SourceFolder = folder,
            Environment = AgentEnvironment.Build(gateway ?? "http://127.0.0.1:9", token, request.Contract.Run),
            GatewaySocket = _options.GatewaySocket,
            MemoryBytes = request.Contract.Run.MemoryBytes,
        });
    }

    private static PoolKey Key(RunRequest request)
    {
        var run = request.Contract.Run;
        var variables = run.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => new[] { pair.Key, pair.Value });
        string?[] parts = [run.Command, run.MemoryBytes.ToString(), .. variables];
        return new PoolKey(request.Version.Agent, request.Version.Id, ContentHash.Of(32, parts));
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

    private readonly record struct Ended(Outcome Outcome, RunMeasure Measure, TimeSpan Duration);
}
