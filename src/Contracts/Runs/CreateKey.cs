using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>Asks for a virtual key.</summary>
public sealed record CreateKey
{
    /// <summary>What it is for, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    public string? Agent { get; init; }

    public IReadOnlyList<string>? Models { get; init; }

    public Usd? Budget { get; init; }

    /// <summary>What each session of its calls may spend; null is without limit.</summary>
    public Usd? SessionBudget { get; init; }

    /// <summary>What each run of its calls may spend; null is without limit.</summary>
    public Usd? RunBudget { get; init; }

    public KeyLimits? Limits { get; init; }

    /// <summary><c>block</c> or <c>allow_and_flag</c>; null blocks where there is a dollar limit.</summary>
    public UnknownPricePolicy? UnknownPrice { get; init; }

    /// <summary>True when nothing of its calls is written to the trace store: no texts, no spans. Their money counts all the same.</summary>
    public bool Untraced { get; init; }

    /// <summary>1 to 3650; null is 90.</summary>
    public int? ExpiresInDays { get; init; }

    /// <summary>True for a key that does not expire.</summary>
    public bool NeverExpires { get; init; }
}
