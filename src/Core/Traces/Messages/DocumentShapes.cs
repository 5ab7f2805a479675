using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Messages;

/// <summary>Reads found documents in the forms that retrievers tell them in.</summary>
internal static class DocumentShapes
{
    /// <summary>Null when the element is no list of documents.</summary>
    public static IReadOnlyList<RetrievedDocument>? Read(JsonElement told)
    {
        if (told.ValueKind == JsonValueKind.Object) told = Json.Get(told, "documents", "results", "matches", "data", "chunks", "hits", "nodes", "items", "output") ?? told;
        if (told.ValueKind == JsonValueKind.Object) told = Json.Get(told, "documents") ?? told;
        if (told.ValueKind != JsonValueKind.Array) return null;
        var documents = new List<RetrievedDocument>();
        foreach (var one in told.EnumerateArray())
            if (Document(one) is { } document) documents.Add(document);
        return documents.Count == told.GetArrayLength() ? documents : null;
    }

    public static RetrievedDocument? Document(JsonElement told)
    {
        if (told.ValueKind == JsonValueKind.String) return new RetrievedDocument { Content = told.GetString() };
        // Some give pairs of a document and its score.
        if (told.ValueKind == JsonValueKind.Array && told.GetArrayLength() == 2 && told[1].ValueKind == JsonValueKind.Number && Document(told[0]) is { } scored)
            return scored with { Score = told[1].GetDouble() };
        if (told.ValueKind != JsonValueKind.Object) return null;
        var document = Json.Get(told, "document") is { ValueKind: JsonValueKind.Object } inner ? inner : Json.Get(told, "kwargs") is { ValueKind: JsonValueKind.Object } kwargs ? kwargs : told;
        var metadata = Json.Get(document, "metadata") ?? default;
        // OpenInference sends the metadata as JSON within a text.
        using var parsed = metadata.ValueKind == JsonValueKind.String ? LenientJson.ParseText(metadata.GetString()!) : null;
        if (parsed is not null) metadata = parsed.RootElement;
        var id = Json.Get(document, "id", "document_id", "doc_id", "chunk_id", "_id") ?? Json.Get(metadata, "id", "document_id", "doc_id", "chunk_id", "source_id");
        var content = Json.Get(document, "content", "page_content", "pageContent", "text", "chunk", "body");
        var score = Json.Number(document, "score", "relevance_score", "similarity") ?? Json.Number(told, "score", "relevance_score") ?? Json.Number(metadata, "score", "relevance_score");
        if (id is null && content is null && score is null) return null;
        return new RetrievedDocument { Id = Json.Plain(id), Score = score, Content = ContentOf(content) };
    }

    private static string? ContentOf(JsonElement? content) =>
        content is { ValueKind: JsonValueKind.Array } parts
            ? string.Concat(parts.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString() : Json.Text(part, "text", "content")))
            : Json.Plain(content);
}
