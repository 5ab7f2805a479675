using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>What a trace used and cost: each token and each dollar once.</summary>
/// <remarks>
/// A span's usage counts only if nothing below it tells usage, and its cost only if nothing below it tells a cost: wrapping spans repeat the
/// sums of what they wrap. A model call inside a model call that names another answer is another call, and both count.
/// </remarks>
internal sealed record BillFold(TokenUsage Usage, bool IsUsageComplete, Usd? KnownCost, int UnpricedCalls)
{
    public static BillFold Of(SpanTree tree)
    {
        var used = tree.Spans.Where(span => MayBill(span) && span.Usage is not null && !HasBelow(tree, span, below => below.Usage is not null)).ToList();
        var paid = tree.Spans.Where(span => MayBill(span) && span.Cost is not null && !HasBelow(tree, span, below => below.Cost is not null)).ToList();
        var calls = tree.Spans.Where(span => IsInnermostCall(tree, span)).ToList();
        return new BillFold(
            used.Count == 1 ? used[0].Usage! : used.Select(span => span.Usage!).Aggregate(new TokenUsage(), UsageSum.Add),
            calls.TrueForAll(call => call.Error is not null || IsCovered(tree, call, span => span.Usage is not null)),
            paid.Count == 0 ? null : new Usd(paid.Sum(span => span.Cost!.Value.Nano)),
            calls.Count(call => IsUnpriced(tree, call)));
    }

    // A piece of an answer repeats what its call says; a record is no span.
    private static bool MayBill(Span span) => span.Kind is not (SpanKind.Chunk or SpanKind.Event);

    private static bool HasBelow(SpanTree tree, Span span, Func<Span, bool> tells) =>
        !IsApart(tree, span) && tree.DescendantsOf(span).Any(below => MayBill(below) && tells(below));

    // The attempts of a call are where its money went; its model span is then no bill of its own.
    private static bool IsInnermostCall(SpanTree tree, Span span) => span.Kind switch
    {
        SpanKind.Attempt => true,
        SpanKind.Model or SpanKind.Embedding or SpanKind.ModelAggregate =>
            CallFold.IsCall(tree, span, span.Kind == SpanKind.Embedding ? SpanKind.Embedding : SpanKind.Model) && !tree.WithinOf(span).Any(below => below.Kind == SpanKind.Attempt),
        _ => false,
    };

    private static bool IsApart(SpanTree tree, Span span) =>
        span.Kind == SpanKind.Model && CallFold.IsCall(tree, span, SpanKind.Model) && !tree.WithinOf(span).Any(below => below.Kind == SpanKind.Attempt);

    /// <summary>Told by the span itself, or by one around it that knows for all it wraps.</summary>
    private static bool IsCovered(SpanTree tree, Span call, Func<Span, bool> tells) =>
        tells(call) || tree.AncestorsOf(call).Any(around => MayBill(around) && tells(around)
            && !tree.DescendantsOf(around).Any(below => MayBill(below) && tells(below)));

    // A call that failed and of which no cost is told was most likely not billed; one that was answered was.
    private static bool IsUnpriced(SpanTree tree, Span call) =>
        !IsCovered(tree, call, span => span.Cost is not null) && (call.Error is null || call.Usage is not null || call.Kind == SpanKind.Attempt);
}
