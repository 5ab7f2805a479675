using Espalier.Core.Runs;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Stdio;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Commands;

/// <summary>One command in one sandbox of its own, without network and without any variable but PATH, HOME and LANG.</summary>
internal sealed class SandboxCommandRunner(ISandbox sandbox, VersionFiles files, TimeProvider time, IOptions<WorkersOptions> options)
    : ICommandRunner, IDisposable
{
    private readonly SemaphoreSlim _places = new(options.Value.EffectiveMaxProcesses);

    public async Task<CommandResult> RunAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        var check = await sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        var folder = await files.FolderAsync(request.Version, cancellationToken);
        await _places.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(request, folder, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<CommandResult> RunAsync(CommandRequest request, string folder, CancellationToken cancellationToken)
    {
        var spec = options.Value.Limit(new SandboxSpec
        {
            Command = request.Command,
            SourceFolder = folder,
            Environment = new Dictionary<string, string> { ["LANG"] = "C.UTF-8" },
            MemoryBytes = request.MemoryBytes,
        });
        using var clock = new CancellationTokenSource(request.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        ISandboxProcess? process = null;
        try
        {
            process = await sandbox.StartAsync(spec, limit.Token);
            var end = await OneShot.RunAsync(process, request.Input, request.OutputBytes, limit.Token);
            return Result(end.TooMuch ? CommandEnd.TooMuchOutput : CommandEnd.Exited, end.ExitCode, end.Output, process.StderrTail);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Result(CommandEnd.TimedOut, -1, "", process?.StderrTail ?? "");
        }
        catch (SandboxFault fault)
        {
            return Result(CommandEnd.SandboxFailed, -1, "", fault.Stderr);
        }
        finally
        {
            if (process is not null) await process.DisposeAsync();
        }
    }

    private static CommandResult Result(CommandEnd end, int code, string output, string stderr) =>
        new() { End = end, ExitCode = code, Output = output, Stderr = stderr };
}
