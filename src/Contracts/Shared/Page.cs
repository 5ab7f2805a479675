namespace Espalier.Contracts.Shared;

/// <summary>One page of a list and the cursor of the next; a null cursor ends the list.</summary>
public sealed record Page<T>
{
    public required IReadOnlyList<T> Items { get; init; }

    public string? NextCursor { get; init; }
}
