namespace Espalier.Contracts.Judging;

/// <summary>What a judge said about one output, and which judge said it.</summary>
public sealed record Verdict
{
    /// <summary>In [0, 1]; null when the judge abstained.</summary>
    public double? Score { get; init; }

    /// <summary>Null when the judge abstained: missing is not a failure.</summary>
    public bool? Pass { get; init; }

    /// <summary>True when the judge itself failed: it abstains, and not because of the answer.</summary>
    public bool Broken { get; init; }

    /// <summary>In words, for people and proposers: <c>expected card_arrival, got card_linking</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The judge's name and what it judged by: <c>expected/normalised</c>.</summary>
    public required string Judge { get; init; }
}
