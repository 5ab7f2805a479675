using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Commands;

/// <summary>The coding tasks of the shared folder, read in place: what solves them passes their tests, and what does nothing fails.</summary>
public sealed class CodingTasksTests : IAsyncDisposable
{
    private readonly RunnerFixture _fixture = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tasks_ThatAreVerified_PassWithTheirSolutionAndFailUntouched()
    {
        var tasks = await ReadAsync();
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(tasks, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel }, async (task, cancellationToken) =>
        {
            var solved = await TryAsync(task.Workspace, task.Tests, task.Solution, cancellationToken);
            if ((solved.End, solved.ExitCode) != (CommandEnd.Exited, 0)) wrong.Add($"{task.Id} with its solution: {solved.End} {solved.ExitCode} {solved.Output} {solved.Stderr}");
            var untouched = await TryAsync(task.Workspace, task.Tests, [], cancellationToken);
            if ((untouched.End, untouched.ExitCode) != (CommandEnd.Exited, 1)) wrong.Add($"{task.Id} untouched: {untouched.End} {untouched.ExitCode} {untouched.Output} {untouched.Stderr}");
        });
        wrong.ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private Task<CommandResult> TryAsync(CaseWorkspace workspace, CaseTests tests, IReadOnlyList<FileChange> changes, CancellationToken cancellationToken) =>
        _fixture.Tests.RunAsync(new WorkspaceTrial { Workspace = workspace, Tests = tests, Changes = changes }, cancellationToken);

    private async Task<List<CodingTask>> ReadAsync()
    {
        var root = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Shared();
        var folder = Path.Combine(root, "data", "python_coding_tasks");
        if (!Directory.Exists(folder))
        {
            Environment.GetEnvironmentVariable("CI").ShouldNotBe("true", $"{folder} is missing.");
            Assert.Skip($"{folder} is missing.");
        }

        var tasks = new List<CodingTask>();
        foreach (var file in Directory.GetFiles(folder, "*.jsonl.gz"))
        {
            await using var zipped = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using var reader = new StreamReader(zipped);
            while (await reader.ReadLineAsync(Cancel) is { } line)
            {
                using var task = JsonDocument.Parse(line);
                var all = task.RootElement;
                if (!all.GetProperty("reference_passes_here").GetBoolean() || !all.GetProperty("untouched_workspace_fails_here").GetBoolean()) continue;
                var solution = await FilesAsync(all.GetProperty("reference_solution"));
                tasks.Add(new CodingTask(
                    all.GetProperty("task_id").GetString()!,
                    new CaseWorkspace { Path = "/app", Files = await FilesAsync(all.GetProperty("workspace")) },
                    new CaseTests { Files = await FilesAsync(all.GetProperty("tests")) },
                    [.. solution.Select(one => new FileChange { Path = one.Path, Kind = FileChangeKind.Modified, Blob = one.Blob, Size = one.Size })]));
            }
        }

        tasks.ShouldNotBeEmpty();
        return tasks;
    }

    private static string Shared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Espalier.slnx"))) return Path.Combine(folder.Parent!.FullName, "shared");
        throw new InvalidOperationException("The tests do not run from their repository.");
    }

    private async Task<IReadOnlyList<CaseFile>> FilesAsync(JsonElement files)
    {
        var made = new List<CaseFile>();
        foreach (var file in files.EnumerateObject())
        {
            var bytes = Encoding.UTF8.GetBytes(file.Value.GetString()!);
            made.Add(new CaseFile { Path = file.Name, Blob = await _fixture.Blobs.SaveAsync(bytes, Cancel), Size = bytes.Length });
        }

        return made;
    }

    private sealed record CodingTask(string Id, CaseWorkspace Workspace, CaseTests Tests, IReadOnlyList<FileChange> Solution);
}
