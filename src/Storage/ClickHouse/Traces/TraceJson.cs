using System.Text.Json.Serialization;
using Espalier.Storage.ClickHouse.Traces.Folding;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Rows as ClickHouse's JSONEachRow gives them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(SamplingDecision))]
[JsonSerializable(typeof(SpanRow))]
[JsonSerializable(typeof(TraceRow))]
[JsonSerializable(typeof(FeedbackRow))]
[JsonSerializable(typeof(FoldBounds))]
[JsonSerializable(typeof(FoldedTrace))]
[JsonSerializable(typeof(FoundId))]
[JsonSerializable(typeof(GroupRow))]
[JsonSerializable(typeof(MetricRow))]
[JsonSerializable(typeof(PartitionRow))]
[JsonSerializable(typeof(PendingPartition))]
[JsonSerializable(typeof(RowCount))]
[JsonSerializable(typeof(TotalsRow))]
[JsonSerializable(typeof(StoreExtent))]
internal sealed partial class TraceJson : JsonSerializerContext;
