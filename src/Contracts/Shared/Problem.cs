namespace Espalier.Contracts.Shared;

/// <summary>RFC 9457 Problem Details as this product writes them.</summary>
public sealed record Problem
{
    /// <summary><c>/problems/CODE</c>; the code is stable.</summary>
    public required string Type { get; init; }

    /// <summary>What was wrong.</summary>
    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>The fix.</summary>
    public required string Detail { get; init; }

    public string? RequestId { get; init; }
}
