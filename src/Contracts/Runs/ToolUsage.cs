namespace Espalier.Contracts.Runs;

/// <summary>Calls of tools through the gateway, by what became of each. Many misses make a result say little.</summary>
public sealed record ToolUsage
{
    /// <summary>All calls, those that were refused included.</summary>
    public required int Calls { get; init; }

    /// <summary>Answered by the real tool: production, or calls of an evaluation that are known to change nothing.</summary>
    public required int Forwarded { get; init; }

    /// <summary>Answered from a recording.</summary>
    public required int Replayed { get; init; }

    /// <summary>Never recorded: <see cref="MissedFailed"/>, <see cref="MissedForwarded"/> and <see cref="MissedSimulated"/> together.</summary>
    public int Missed => MissedFailed + MissedForwarded + MissedSimulated;

    /// <summary>Misses that the agent was shown an error for, those that would have changed something among them.</summary>
    public required int MissedFailed { get; init; }

    /// <summary>Misses that the real tool answered.</summary>
    public required int MissedForwarded { get; init; }

    /// <summary>Misses that got a recorded answer to other arguments.</summary>
    public required int MissedSimulated { get; init; }

    /// <summary>Calls that write and had no recording: they were kept from the outside.</summary>
    public required int WritesBlocked { get; init; }

    /// <summary>Calls that the real tool did not answer: it ended, was too slow or could not be reached.</summary>
    public required int Failed { get; init; }

    /// <summary>Misses among the calls that a recording was looked for, in [0, 1]; null when there was none.</summary>
    public double? MissRate => Replayed + Missed is var asked and > 0 ? (double)Missed / asked : null;

    /// <summary>The sum over runs; null when none of them called a tool.</summary>
    public static ToolUsage? Sum(IEnumerable<ToolUsage?> runs)
    {
        ToolUsage? sum = null;
        foreach (var run in runs)
        {
            if (run is null) continue;
            sum = sum is null ? run : new ToolUsage
            {
                Calls = sum.Calls + run.Calls,
                Forwarded = sum.Forwarded + run.Forwarded,
                Replayed = sum.Replayed + run.Replayed,
                MissedFailed = sum.MissedFailed + run.MissedFailed,
                MissedForwarded = sum.MissedForwarded + run.MissedForwarded,
                MissedSimulated = sum.MissedSimulated + run.MissedSimulated,
                WritesBlocked = sum.WritesBlocked + run.WritesBlocked,
                Failed = sum.Failed + run.Failed,
            };
        }

        return sum;
    }
}
