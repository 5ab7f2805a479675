using Espalier.Contracts.Datasets;
using Espalier.Core.Runs;
using Espalier.Workers.Runs.Stdio;
using Espalier.Workers.Runs.Workspaces;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Commands;

/// <summary>Puts a fresh workspace together, lays the counted changes and last the tests over it, and runs them.</summary>
internal sealed class WorkspaceTests(ISandbox sandbox, WorkspaceFolders folders, TimeProvider time, IOptions<WorkersOptions> options) : IWorkspaceTests, IDisposable
{
    /// <summary>Where tests find a workspace that names no place of its own.</summary>
    private const string UsualPlace = "/app";

    private const string RunnerName = "run_tests.py";

    private readonly SemaphoreSlim _places = new(options.Value.EffectiveMaxProcesses);

    public async Task<CommandResult> RunAsync(WorkspaceTrial trial, CancellationToken cancellationToken)
    {
        var check = await sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var runner = folders.Create();
            await WriteRunnerAsync(runner, cancellationToken);
            using var work = await folders.CreateAsync(trial.Workspace.Files, cancellationToken);
            await folders.ApplyAsync(work, trial.Changes, cancellationToken);
            foreach (var file in trial.Tests.Files) await folders.WriteAsync(work, file.Path, file.Blob, file.Executable, cancellationToken);
            return await RunAsync(trial, runner.Path, work.Path, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<CommandResult> RunAsync(WorkspaceTrial trial, string runner, string work, CancellationToken cancellationToken)
    {
        var place = trial.Workspace.Path ?? UsualPlace;
        var spec = new SandboxSpec
        {
            Command = $"cd {place} && {trial.Tests.Command ?? Python(place, trial.Tests)}",
            SourceFolder = runner,
            Workspace = new SandboxWorkspace { SourceFolder = work, Path = place },
            Environment = new Dictionary<string, string> { ["LANG"] = "C.UTF-8", ["PYTHONDONTWRITEBYTECODE"] = "1" },
            MemoryBytes = trial.MemoryBytes,
            Processes = options.Value.Processes,
            DiskBytes = options.Value.DiskBytes,
        };
        using var clock = new CancellationTokenSource(trial.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        ISandboxProcess? process = null;
        try
        {
            process = await sandbox.StartAsync(spec, limit.Token);
            var end = await OneShot.RunAsync(process, "", options.Value.MaxOutputBytes, limit.Token);
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

    /// <summary>Isolated (<c>-I</c>): no variable, no folder of the user and no file of the workspace has a say in how the interpreter starts.</summary>
    private static string Python(string place, CaseTests tests)
    {
        var files = tests.Files.Select(file => file.Path).Where(path => path.EndsWith(".py", StringComparison.Ordinal) && IsTest(path[(path.LastIndexOf('/') + 1)..]));
        return $"exec python3 -I /work/{RunnerName} {place} {string.Join(' ', files.Select(Quoted))}";
    }

    private static bool IsTest(string name) => name.StartsWith("test", StringComparison.Ordinal) || name.EndsWith("_test.py", StringComparison.Ordinal) || name.EndsWith("_tests.py", StringComparison.Ordinal);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static async Task WriteRunnerAsync(WorkspaceFolder folder, CancellationToken cancellationToken)
    {
        await using var source = typeof(WorkspaceTests).Assembly.GetManifestResourceStream(RunnerName)!;
        var path = Path.Combine(folder.Path, RunnerName);
        await using var target = File.Create(path);
        await source.CopyToAsync(target, cancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static CommandResult Result(CommandEnd end, int code, string output, string stderr) =>
        new() { End = end, ExitCode = code, Output = output, Stderr = stderr };
}
