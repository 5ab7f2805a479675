using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.Langfuse;

/// <summary>Langfuse's scores as feedback: numbers and yes or no as values, categories as labels, corrections as demonstrations.</summary>
internal static class LangfuseScores
{
    public static IEnumerable<Feedback> Read(JsonElement trace, TraceId traceId, string id) =>
        ReadList(trace, "scores", traceId, id).Concat(ReadList(trace, "corrections", traceId, id));

    private static IEnumerable<Feedback> ReadList(JsonElement trace, string list, TraceId traceId, string id)
    {
        if (Json.Get(trace, list) is not { ValueKind: JsonValueKind.Array } scores) yield break;
        foreach (var score in scores.EnumerateArray())
        {
            var isCorrection = list == "corrections" || Json.Text(score, "dataType") == "CORRECTION";
            var text = Json.Text(score, "stringValue", "longStringValue", "value");
            var value = Json.Get(score, "value") is { ValueKind: JsonValueKind.Number } ? Json.Number(score, "value") : null;
            var isCategory = Json.Text(score, "dataType") == "CATEGORICAL";
            var feedback = new Feedback
            {
                TraceId = traceId,
                SpanId = Json.Text(score, "observationId") is { } observation ? ImportIds.Span(LangfuseImport.FormatName, id, observation) : null,
                Name = Json.Text(score, "name") ?? (isCorrection ? "correction" : "score"),
                Source = Json.Text(score, "source")?.ToLowerInvariant() ?? "langfuse",
                Value = isCategory || isCorrection ? null : value,
                Label = isCorrection || string.IsNullOrEmpty(text) ? null : text,
                Demonstration = isCorrection ? text : null,
                Comment = Json.Text(score, "comment"),
                At = LangfuseRequest.Time(score, "timestamp", "createdAt") ?? LangfuseRequest.Time(trace, "timestamp") ?? TraceImporter.UsualStart,
            };
            if (feedback is not { Value: null, Label: null, Comment: null, Demonstration: null }) yield return feedback;
        }
    }
}
