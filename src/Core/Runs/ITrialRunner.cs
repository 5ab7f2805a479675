using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Runs any command as a candidate would be run: same sandbox, same variables, a run token of its own.</summary>
public interface ITrialRunner
{
    /// <summary>Never throws for what the command did.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="onOutput">Gets what the command writes, a piece at a time; a slow one slows the command.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    Task<SandboxRunResult> RunAsync(TrialRequest request, Func<SandboxRunOutput, ValueTask> onOutput, CancellationToken cancellationToken);
}

/// <summary>A command with its files and limits.</summary>
public sealed record TrialRequest
{
    /// <summary>Folder on this machine whose files the command finds, as a private copy.</summary>
    public required string Folder { get; init; }

    /// <summary>Command, wall time, memory and variables.</summary>
    public required RunContract Run { get; init; }

    public required string Input { get; init; }

    /// <summary>Whose calls of models it makes.</summary>
    public required string Agent { get; init; }

    /// <summary>The version whose model policies hold; null: none do.</summary>
    public VersionId? Version { get; init; }

    /// <summary>The ledger line that pays.</summary>
    public required BudgetId Budget { get; init; }

    /// <summary>Most that it may spend.</summary>
    public required BudgetContract Limit { get; init; }

    /// <summary>Null in each: what is set for every sandbox of this server.</summary>
    public int? Processes { get; init; }

    public int? OpenFiles { get; init; }

    public long? DiskBytes { get; init; }

    public int? DiskFiles { get; init; }

    public double? Cores { get; init; }

    public int? OutputBytes { get; init; }
}
