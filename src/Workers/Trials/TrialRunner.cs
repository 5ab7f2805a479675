using System.Security.Cryptography;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Workers.Runs;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Trials;

/// <summary>A command of a person's in the sandbox of candidates. Whoever may ask for it may run anything here; that is what it is for.</summary>
internal sealed class TrialRunner(ISandbox sandbox, IRunTokens tokens, TimeProvider time, IOptions<WorkersOptions> options) : ITrialRunner
{
    private const string Gateway = "http://127.0.0.1:8080";

    private readonly WorkersOptions _options = options.Value;

    public async Task<SandboxRunResult> RunAsync(TrialRequest request, Func<SandboxRunOutput, ValueTask> onOutput, CancellationToken cancellationToken)
    {
        var check = await sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        using var folder = TrialFolder.Copy(
            request.Folder, _options.StateFolder, request.DiskBytes ?? _options.DiskBytes, request.DiskFiles ?? _options.DiskFiles, cancellationToken);
        var trace = new TraceId(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        var token = tokens.Issue();
        try
        {
            tokens.Bind(token, Context(request, trace));
            var start = time.GetTimestamp();
            var (outcome, code) = await ExecuteAsync(Spec(request, folder.Path, token, onOutput), request, onOutput, cancellationToken);
            var duration = time.GetElapsedTime(start);
            var measure = await tokens.UnbindAsync(token, CancellationToken.None);
            if (measure.Fault is { } fault) throw new StorageFault(fault.Code, fault.Path, fault.What, fault.Fix, fault);
            return new SandboxRunResult
            {
                Outcome = Outcomes.Measured(outcome, measure, request.Limit),
                ExitCode = code,
                TraceId = trace,
                Usage = measure.Usage,
                Duration = duration,
            };
        }
        finally
        {
            tokens.Revoke(token);
        }
    }

    private async Task<(Outcome Outcome, int? Code)> ExecuteAsync(
        SandboxSpec spec, TrialRequest request, Func<SandboxRunOutput, ValueTask> onOutput, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(request.Run.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var most = request.OutputBytes ?? _options.MaxOutputBytes;
        ISandboxProcess? process = null;
        try
        {
            process = await sandbox.StartAsync(spec, limit.Token);
            var end = await LiveShot.RunAsync(process, request.Input, most, onOutput, limit.Token);
            // What it wrote last is handed on before the end is told.
            await process.DisposeAsync();
            if (end.TooMuch) return (Outcomes.TooMuchOutput(most, process.StderrTail), null);
            return end.ExitCode == 0
                ? (new Outcome.Completed(""), 0)
                : (Outcomes.Exited(end.ExitCode, request.Run, process.StderrTail), end.ExitCode);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (new Outcome.TimedOut(request.Run.Timeout), null);
        }
        catch (SandboxFault fault)
        {
            return (Outcomes.NotSetUp(fault), null);
        }
        finally
        {
            if (process is not null) await process.DisposeAsync();
        }
    }

    private SandboxSpec Spec(TrialRequest request, string folder, string token, Func<SandboxRunOutput, ValueTask> onOutput)
    {
        var gateway = sandbox is IHostNetwork host ? host.GatewayAddress : Gateway;
        var usual = _options.Limit(new SandboxSpec
        {
            Command = request.Run.Command,
            SourceFolder = folder,
            Environment = AgentEnvironment.Build(gateway ?? "http://127.0.0.1:9", token, request.Run, new Dictionary<string, string>()),
            GatewaySocket = _options.GatewaySocket,
            MemoryBytes = request.Run.MemoryBytes,
            OnStderr = bytes => onOutput(new SandboxRunOutput(2, bytes.ToArray())),
        });
        return usual with
        {
            Processes = request.Processes ?? usual.Processes,
            OpenFiles = request.OpenFiles ?? usual.OpenFiles,
            DiskBytes = request.DiskBytes ?? usual.DiskBytes,
            DiskFiles = request.DiskFiles ?? usual.DiskFiles,
            Cores = request.Cores ?? usual.Cores,
        };
    }

    private static RunContext Context(TrialRequest request, TraceId trace) => new()
    {
        Agent = request.Agent,
        Version = request.Version,
        TraceId = trace,
        ParentSpan = trace.RootSpan(),
        Purpose = Purpose.Evaluation,
        Budget = request.Budget,
        RunLimit = request.Limit.Run,
    };
}
