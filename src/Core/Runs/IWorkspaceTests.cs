using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Runs the tests of a case on what an agent made of its workspace, in a sandbox of its own, without network.</summary>
public interface IWorkspaceTests
{
    /// <summary>Never throws for what the tests or the code under test did.</summary>
    Task<CommandResult> RunAsync(WorkspaceTrial trial, CancellationToken cancellationToken);
}

/// <summary>A fresh workspace, some changes, and the tests over both.</summary>
public sealed record WorkspaceTrial
{
    public required CaseWorkspace Workspace { get; init; }

    /// <summary>Those that may count; applied to the untouched files.</summary>
    public required IReadOnlyList<FileChange> Changes { get; init; }

    public required CaseTests Tests { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public long MemoryBytes { get; init; } = 512L << 20;
}
