using System.Security.Cryptography;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Workspaces;

/// <summary>One run's workspace: given, worked on, and compared at the end.</summary>
internal sealed class WorkspaceRun : IDisposable
{
    private readonly WorkspaceFolder _folder;
    private readonly ChangeCollector _collector;

    private WorkspaceRun(WorkspaceFolder folder, SandboxWorkspace mount, ChangeCollector collector) => (_folder, Mount, _collector) = (folder, mount, collector);

    public SandboxWorkspace Mount { get; }

    /// <summary>Null until they were taken.</summary>
    public WorkspaceChanges? Changes { get; private set; }

    public static async Task<WorkspaceRun> CreateAsync(WorkspaceFolders folders, CaseWorkspace workspace, string agentFolder, CancellationToken cancellationToken)
    {
        var folder = await folders.CreateAsync(workspace.Files, cancellationToken);
        var before = new Dictionary<string, string>(StringComparer.Ordinal);
        // Over the agent's own files those are there before, too.
        if (workspace.Path is null) await HashAsync(agentFolder, before, folders, cancellationToken);
        foreach (var file in workspace.Files) before[file.Path] = file.Blob;
        return new WorkspaceRun(
            folder, new SandboxWorkspace { SourceFolder = folder.Path, Path = workspace.Path, Collected = true }, new ChangeCollector(folders.Blobs, before));
    }

    /// <summary>Asks once, and takes the changes where the agent answered.</summary>
    public async Task<Outcome> AskAsync(ISandboxProcess process, IAgentProcess agent, Question question, bool endsByItself, CancellationToken cancellationToken)
    {
        try
        {
            Outcome outcome;
            if (endsByItself)
            {
                // It only ends once its files were taken.
                var collecting = process.CollectAsync(wait: true, _collector.TakeAsync, cancellationToken);
                outcome = (await agent.AskAsync(question, cancellationToken)).Outcome;
                if (outcome is Outcome.Completed) await collecting;
                else await Task.WhenAny(collecting);
            }
            else
            {
                outcome = (await agent.AskAsync(question, cancellationToken)).Outcome;
                if (outcome is Outcome.Completed) await process.CollectAsync(wait: false, _collector.TakeAsync, cancellationToken);
            }

            if (outcome is not Outcome.Completed) return outcome;
            if (_collector.TooMuch is { } much) return Outcomes.WorkspaceNotTaken(much, process.StderrTail);
            Changes = await _collector.FinishAsync(cancellationToken);
            return outcome;
        }
        catch (IOException e)
        {
            return Outcomes.WorkspaceNotTaken(e.Message, process.StderrTail);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static async Task HashAsync(string folder, Dictionary<string, string> before, WorkspaceFolders folders, CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var content = await File.ReadAllBytesAsync(file, cancellationToken);
            var hash = Convert.ToHexStringLower(SHA256.HashData(content));
            before[Path.GetRelativePath(folder, file)] = content.Length <= ChangeCollector.MostFileBytes ? await folders.Blobs.SaveAsync(content, cancellationToken) : hash;
        }
    }
}
