namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Where a trace stands in the table of traces.</summary>
internal sealed record FoldedTrace(string TraceId, long StartUs);
