using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Runs;

/// <summary>Executes versions. A failed run is an outcome; an exception means that the machine or the caller is broken.</summary>
public interface IRunner
{
    Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken);

    /// <summary>Ends the warm processes of a version, when nothing will ask for it soon.</summary>
    Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken);
}

/// <summary>One input for one version.</summary>
public sealed record RunRequest
{
    public required AgentVersion Version { get; init; }

    public required AgentContract Contract { get; init; }

    public required string Input { get; init; }

    public required Purpose Purpose { get; init; }

    public required BudgetId Budget { get; init; }

    public RunKey? Key { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public CaseId? Case { get; init; }

    public string? ExcludedGroup { get; init; }

    /// <summary>Files to work on; the run then has a process of its own, and what became of them is part of its result.</summary>
    public CaseWorkspace? Workspace { get; init; }

    /// <summary>The trace or case whose recorded answers of tools an evaluation replays.</summary>
    public string? Recorded { get; init; }

    /// <summary>Gets pieces of the answer as they come, where the agent tells them; the outcome holds the whole of it. Null: nobody listens.</summary>
    public Func<string, CancellationToken, ValueTask>? OnOutput { get; init; }
}
