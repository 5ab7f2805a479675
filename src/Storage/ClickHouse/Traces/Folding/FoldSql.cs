namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>The statements of folding. Their parameter <c>traces</c> are the ids of traces.</summary>
internal static class FoldSql
{
    public static readonly string StoredTraces = Read("read_stored_traces");

    public static readonly string Bounds = Read("read_fold_bounds");

    public static readonly string Spans = Read("read_fold_spans");

    public static readonly string Stood = Read("read_folded");

    public static readonly string Decisions = Read("read_fold_decisions");

    private static string Read(string name) => EmbeddedSql.Read($"Traces.Folding.{name}.sql");
}
