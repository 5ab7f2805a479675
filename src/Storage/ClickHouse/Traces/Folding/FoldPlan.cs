using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>From where the traces of a batch will be folded; made before its spans are in the tables.</summary>
/// <param name="Fresh">Traces all of whose spans are in the batch or in memory, with those in memory.</param>
/// <param name="Stored">The others: they have spans in the tables, and are read back.</param>
internal sealed record FoldPlan(FoldBatch Batch, IReadOnlyList<(TraceId Trace, OpenTrace? Before)> Fresh, IReadOnlyList<TraceId> Stored);
