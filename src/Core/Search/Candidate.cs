using System.Collections.Immutable;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;

namespace Espalier.Core.Search;

/// <summary>A version inside a session, with its evidence so far.</summary>
public sealed record Candidate
{
    private const double LeastKnownCosts = 0.75;

    public required AgentVersion Version { get; init; }

    /// <summary>Null for the baseline.</summary>
    public VersionId? Parent { get; init; }

    /// <summary>The edits from the baseline to here, in order.</summary>
    public ImmutableArray<Edit> Edits { get; init; } = [];

    public int Round { get; init; }

    /// <summary>Place in the order of proposals; the baseline is 0.</summary>
    public required int Index { get; init; }

    public int Children { get; init; }

    public ImmutableDictionary<CaseId, EvidenceRow> Search { get; init; } = ImmutableDictionary<CaseId, EvidenceRow>.Empty;

    public ImmutableDictionary<CaseId, EvidenceRow> Confirm { get; init; } = ImmutableDictionary<CaseId, EvidenceRow>.Empty;

    /// <summary>Blocks of search cases that have been run.</summary>
    public int Blocks { get; init; }

    public int ConfirmBlocks { get; init; }

    /// <summary>Why it gets no further search block; null while it does.</summary>
    public string? Stopped { get; init; }

    /// <summary>Set while another version dominates it with at least 95% posterior probability.</summary>
    public VersionId? DominatedBy { get; init; }

    public VersionId Id => Version.Id;

    /// <summary>Verdicts on the search split.</summary>
    public int Cases => Search.Values.Count(row => row.Pass is not null);

    /// <summary>Share of search cases passed; null without a verdict.</summary>
    public double? PassRate => Rate(Search);

    /// <summary>Mean dollars per request on the search split; null when unknown or without a verdict.</summary>
    public Usd? CostPerRequest => MeanCost(Search);

    public static double? Rate(IReadOnlyDictionary<CaseId, EvidenceRow> rows)
    {
        var judged = rows.Values.Count(row => row.Pass is not null);
        return judged == 0 ? null : (double)rows.Values.Count(row => row.Pass is true) / judged;
    }

    /// <summary>Over the judged rows whose cost is known; null when that is less than three quarters of them, because what is not known may
    /// well be what is dear.</summary>
    public static Usd? MeanCost(IReadOnlyDictionary<CaseId, EvidenceRow> rows)
    {
        int judged = 0, known = 0;
        long sum = 0;
        foreach (var row in rows.Values.Where(row => row.Pass is not null))
        {
            judged++;
            if (row.Cost is not { } cost) continue;
            known++;
            sum = checked(sum + cost.Nano);
        }

        return known == 0 || known < judged * LeastKnownCosts ? null : new Usd((long)Math.Round((double)sum / known, MidpointRounding.ToEven));
    }
}
