using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Judging;

/// <summary>One run and its verdict: what every estimate of the search is computed from.</summary>
public sealed record EvidenceRow
{
    public required CaseId Case { get; init; }

    public required int Replicate { get; init; }

    /// <summary>Null when there is no verdict: the run failed for a reason that is not the agent's, or the judge abstained.</summary>
    public bool? Pass { get; init; }

    public double? Score { get; init; }

    /// <summary>Null when unknown.</summary>
    public Usd? Cost { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    /// <summary>What became of the run's calls of tools; null when it made none through the gateway.</summary>
    public ToolUsage? Tools { get; init; }

    /// <summary>How the run ended: <c>completed</c>, <c>timed_out</c>, <c>over_budget</c>, <c>failed/BOUNDARY</c>; <c>failed/judge</c> when it completed and the judge failed.</summary>
    public required string Outcome { get; init; }

    /// <summary>How often the run was tried again because a sandbox or a provider failed; cost and tokens are of all tries.</summary>
    public int Retries { get; init; }

    /// <summary>The last 1,000 characters that the agent wrote to standard error, where the run failed; null when that was nothing.</summary>
    public string? Stderr { get; init; }

    /// <summary>The judge's words, or why the run failed.</summary>
    public required string Reason { get; init; }

    /// <summary>The answer, cut to 500 characters.</summary>
    public string? Output { get; init; }
}
