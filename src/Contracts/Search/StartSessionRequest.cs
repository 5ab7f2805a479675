using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Search;

/// <summary>Starts a search. What is not said comes from the contract or from <see cref="SessionPlan"/>'s defaults.</summary>
/// <remarks>What has a default is set and not init: the generated reader gives an absent init property its type's zero.</remarks>
public sealed record StartSessionRequest
{
    public required string Agent { get; init; }

    /// <summary>A dataset's name (newest revision), <c>name@rev_...</c> or a revision's id.</summary>
    public required string Dataset { get; init; }

    /// <summary>The version to start from; null takes the production version.</summary>
    public string? Baseline { get; init; }

    public Goal Goal { get; set; } = Goal.Improvement;

    public Usd? Budget { get; init; }

    public long Seed { get; set; } = 1;

    /// <summary>Models that edits may use; null takes all priced models of configured providers.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    public int? EvaluationCases { get; init; }

    public int? MaxRounds { get; init; }

    public string? Name { get; init; }
}
