using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>A virtual key, without its secret: that is shown once, when it is made, and kept as a hash.</summary>
public sealed record ApiKey
{
    /// <summary><c>key_...</c>; its line in the ledger is <c>keys/ID</c>.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The last four characters of the secret, to tell keys apart by.</summary>
    public required string Last4 { get; init; }

    public required IReadOnlyList<KeyScope> Scopes { get; init; }

    /// <summary>The one agent that its calls are of; null lets each call say it.</summary>
    public string? Agent { get; init; }

    /// <summary>The models that may be called; an end of <c>*</c> stands for any end. Null is all.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>All that it may spend; null is without limit. Shown as its line in the ledger has it now.</summary>
    public Usd? Budget { get; init; }

    /// <summary>What each session of its calls may spend (header <c>x-espalier-session</c>); null is without limit.</summary>
    public Usd? SessionBudget { get; init; }

    /// <summary>What each run of its calls may spend (header <c>x-espalier-run-id</c>), or each call that names none; null is without limit.</summary>
    public Usd? RunBudget { get; init; }

    public KeyLimits? Limits { get; init; }

    /// <summary>For models without a known price; null blocks them where there is a dollar limit.</summary>
    public UnknownPricePolicy? UnknownPrice { get; init; }

    /// <summary>True when nothing of its calls is written to the trace store: no texts, no spans. Their money counts all the same.</summary>
    public bool Untraced { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Null only for one that was made never to expire.</summary>
    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    /// <summary>To the minute; null when it was never used.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}
