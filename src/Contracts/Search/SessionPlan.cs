using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Search;

/// <summary>Everything that decides what a session does. Equal plans on equal data give equal sessions.</summary>
/// <remarks>What has a default is set and not init: the generated reader gives an absent init property its type's zero.</remarks>
public sealed record SessionPlan
{
    public required string Agent { get; init; }

    public required RevisionId Revision { get; init; }

    public required Goal Goal { get; init; }

    public required long Seed { get; init; }

    /// <summary>Hard limit on dollars; the confirm share is set aside from it at the start.</summary>
    public required Usd Budget { get; init; }

    /// <summary>Part of the budget that the search cannot touch, in (0, 1).</summary>
    public double ConfirmShare { get; set; } = 0.25;

    /// <summary>Cases of the search split that candidates are evaluated on; the rest is material for edits.</summary>
    public int EvaluationCases { get; set; } = 120;

    /// <summary>Edits that one round proposes.</summary>
    public int EditsPerRound { get; set; } = 4;

    /// <summary>Rounds without movement of the frontier before the search stops.</summary>
    public int StallRounds { get; set; } = 3;

    public int MaxRounds { get; set; } = 40;

    /// <summary>Most candidates that go to the confirm split.</summary>
    public int ShortlistSize { get; set; } = 6;

    /// <summary>Models that a model edit or a route may use, cheap ones first or not: the prices decide.</summary>
    public required IReadOnlyList<string> Models { get; init; }
}

/// <summary>Debugging: mend failing cases. Improvement: better or cheaper on typical traffic. Regression: hold what worked.</summary>
public enum Goal
{
    Debugging,
    Improvement,
    Regression,
}
