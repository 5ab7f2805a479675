namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>How many traces there are, and from when to when.</summary>
internal sealed record StoreExtent(long Rows, long EarliestUs, long LatestUs);
