using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>One line of a bill: quantity times rate, rounded half up to a whole nano-dollar.</summary>
public sealed record BillLine
{
    /// <summary><c>input</c>, <c>cache_read</c>, <c>cache_write</c>, <c>cache_write_hour</c>, <c>output</c>, <c>reasoning</c>,
    /// <c>input_audio</c>, <c>output_audio</c>, or what was called: <c>web_search</c>, <c>request</c>.</summary>
    public required string Name { get; init; }

    public required BillUnit Unit { get; init; }

    public required long Quantity { get; init; }

    /// <summary>USD per million tokens, or USD per call; 0 is free.</summary>
    public required decimal Rate { get; init; }

    public required Usd Amount { get; init; }
}
