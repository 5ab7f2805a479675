namespace Espalier.Contracts.Shared;

/// <summary>Whether requests go through.</summary>
public enum BreakerState
{
    Closed,

    /// <summary>None goes through.</summary>
    Open,

    /// <summary>One goes through, to see.</summary>
    HalfOpen,
}
