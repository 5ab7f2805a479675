namespace Espalier.Storage.ClickHouse.Traces;

internal sealed record MetricRow(string Name, long Count, long LatestUs);
