using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Frontiers;

/// <summary>What a session was allowed to spend and did spend, and whether the books agree.</summary>
public sealed record ReportMoney
{
    public required Usd Budget { get; init; }

    /// <summary>What the report claims: the sum of <see cref="Categories"/>.</summary>
    public required Usd Spent { get; init; }

    /// <summary>What the ledger says for the session.</summary>
    public required Usd Ledger { get; init; }

    /// <summary>The sum of what every single model call was billed.</summary>
    public required Usd Attempts { get; init; }

    /// <summary>By purpose: <c>search</c>, <c>confirm</c>, <c>judge</c>, <c>proposer</c>.</summary>
    public required IReadOnlyList<SpendLine> Categories { get; init; }

    /// <summary>True when report, ledger and calls agree to the nano-dollar.</summary>
    public bool Agrees() => Spent == Ledger && Spent == Attempts;
}

/// <summary>Dollars spent for one purpose.</summary>
public sealed record SpendLine(string Category, Usd Spent);
