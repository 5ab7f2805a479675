using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Dialects.OpenInference;

/// <summary>Judgements that OpenInference puts on spans, of the span itself, its trace or its session.</summary>
internal static class Annotations
{
    private static readonly string[] Families = ["annotations.", "evaluations.", "trace.annotations.", "trace.evaluations.", "session.annotations.", "session.evaluations."];

    public static void Read(SpanDraft span)
    {
        foreach (var family in Families)
        {
            if (!FoldedKeys.Has(span, family)) continue;
            FoldedKeys.With(span, family, told =>
            {
                if (told.ValueKind != JsonValueKind.Array) return false;
                var isWhole = true;
                foreach (var one in told.EnumerateArray()) isWhole &= Add(span, family, Json.Get(one, "annotation", "evaluation") ?? one);
                return isWhole;
            });
        }
    }

    private static bool Add(SpanDraft span, string family, JsonElement told)
    {
        if (Json.Text(told, "name") is not { Length: > 0 } name) return false;
        var isOfSession = family.StartsWith("session", StringComparison.Ordinal);
        if (isOfSession && span.Conversation is null) return false;
        span.Feedback.Add(new Feedback
        {
            TraceId = isOfSession ? null : new TraceId(span.Item.TraceId!),
            SpanId = isOfSession || family.StartsWith("trace", StringComparison.Ordinal) ? null : new SpanId(span.Item.SpanId!),
            Conversation = isOfSession ? span.Conversation : null,
            Name = name,
            Source = Json.Text(told, "identifier") is { Length: > 0 } identifier ? identifier : Json.Text(told, "annotator_kind")?.ToLowerInvariant() ?? "system",
            Label = Json.Text(told, "label"),
            Value = Json.Number(told, "score"),
            Comment = Json.Text(told, "explanation"),
            At = Times.Of(span.Item.End > 0 ? span.Item.End : span.Item.Start),
        });
        return true;
    }
}
