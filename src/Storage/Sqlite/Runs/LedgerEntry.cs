namespace Espalier.Storage.Sqlite.Runs;

/// <summary>One reservation and what became of it. Times are microseconds.</summary>
internal sealed record LedgerEntry
{
    public required string Key { get; init; }

    public required string Budget { get; init; }

    public required long Reserved { get; init; }

    public long Spent { get; init; }

    public LedgerState State { get; init; }

    public required long Created { get; init; }

    public long? Until { get; init; }

    public long? Ended { get; init; }

    public bool IsOpen => State == LedgerState.Reserved;
}

/// <summary>Where a reservation stands; the words are those of the table.</summary>
internal enum LedgerState
{
    Reserved,
    Settled,
    Released,
    Expired,
}
