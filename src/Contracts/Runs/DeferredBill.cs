using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Contracts.Runs;

/// <summary>Work that a provider was given and bills when it is done, and whose it is: a response in the background, a batch.</summary>
public sealed record DeferredBill
{
    /// <summary><c>response</c> or <c>batch</c>; <c>file</c> for what belongs to a batch and is only remembered for its owner.</summary>
    public required string Kind { get; init; }

    /// <summary>The provider's own id of it.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the provider.</summary>
    public required string Provider { get; init; }

    /// <summary>Id of the provider's key whose account has it; null when it was asked without one.</summary>
    public string? ProviderKey { get; init; }

    /// <summary>As the provider knows it; empty where each line of a batch names its own.</summary>
    public required string Model { get; init; }

    /// <summary>Under which it is reserved and settled in the ledger, once.</summary>
    public required string LedgerKey { get; init; }

    /// <summary>The ledger line that pays.</summary>
    public required BudgetId Budget { get; init; }

    /// <summary>What was reserved, and is settled where the price turns out unknown; null when nothing was.</summary>
    public Usd? Reserved { get; init; }

    public required string Agent { get; init; }

    public VersionId? Version { get; init; }

    public required TraceId TraceId { get; init; }

    /// <summary>The call's span.</summary>
    public required SpanId Parent { get; init; }

    public required Purpose Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public CaseId? Case { get; init; }

    public bool Untraced { get; init; }

    public required DateTimeOffset Created { get; init; }
}
