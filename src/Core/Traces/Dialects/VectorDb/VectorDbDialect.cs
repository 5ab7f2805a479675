using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects.VectorDb;

/// <summary>Database spans whose database finds by likeness: a query there is a retrieval.</summary>
internal sealed class VectorDbDialect : ITraceDialect
{
    public string Name => "vector-db";

    public IReadOnlyList<string> Prefixes { get; } = ["db."];

    public FieldRules Rules { get; } = new FieldRules()
        .Note(SpanField.Kind, "db.operation.name with db.system.name or db.system");

    public SpanKind? KindOf(SpanDraft span)
    {
        var operation = span.Attributes.Text("db.operation.name") ?? span.Attributes.Text("db.operation");
        if (operation?.ToLowerInvariant() is not ("query" or "search" or "similarity_search" or "query_points")) return null;
        return (span.Attributes.Text("db.system.name") ?? span.Attributes.Text("db.system") ?? span.Attributes.Text("db.vendor"))?.ToLowerInvariant() switch
        {
            "pinecone" or "chroma" or "chromadb" or "qdrant" or "weaviate" or "milvus" or "pgvector" or "lancedb" or "marqo" or "vespa" or "turbopuffer" or "faiss" or "vectorize" => SpanKind.Retrieval,
            _ => null,
        };
    }
}
