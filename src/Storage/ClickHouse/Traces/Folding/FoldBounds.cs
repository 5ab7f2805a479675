namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>From when to when the spans of a trace begin.</summary>
internal sealed record FoldBounds(string TraceId, long EarliestUs, long LatestUs);
