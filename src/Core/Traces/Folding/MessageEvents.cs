using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Brings what conventions send as log records beside a span into the span.</summary>
/// <remarks>A record holds one canonical message in <see cref="Span.Input"/> (what the model was told), or an answer in
/// <see cref="Span.Output"/> and in its details. What the span says itself counts before what its records say.</remarks>
internal static class MessageEvents
{
    public static Span Merge(Span span, IEnumerable<Span> events)
    {
        var records = events.Order(SpanTree.InOrder).ToList();
        if (records.Count == 0) return span;
        var inputs = records.Where(record => record.Input is not null).Select(record => record.Input!).ToList();
        var answers = records.Where(record => record.Output is not null || record.Details is { RequestedTools: not null } or { Thinking: not null } or { FinishReasons: not null }).ToList();
        var details = answers.Select(answer => answer.Details).Aggregate(span.Details, Fill);
        return span with
        {
            Input = span.Input ?? (inputs.Count == 0 ? null : "[" + string.Join(',', inputs) + "]"),
            Output = span.Output ?? answers.Find(answer => answer.Output is not null)?.Output,
            Error = span.Error ?? records.Find(record => record.Error is not null)?.Error,
            Details = details,
        };
    }

    private static SpanDetails? Fill(SpanDetails? own, SpanDetails? told)
    {
        if (told is null) return own;
        if (own is null) return told;
        return own with
        {
            RequestedTools = own.RequestedTools ?? told.RequestedTools,
            Thinking = own.Thinking ?? told.Thinking,
            FinishReasons = own.FinishReasons ?? told.FinishReasons,
            ResponseId = own.ResponseId ?? told.ResponseId,
            HttpStatus = own.HttpStatus ?? told.HttpStatus,
        };
    }
}
