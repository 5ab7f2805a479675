using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Finds each call of a model once, whichever and however many spans tell of it.</summary>
/// <remarks>
/// A call is a model span with no model span below it, other than those of agents and tools that it called. One around it is the same call when both name the same answer, or when it holds no
/// other call and does not contradict in usage; a wrapper that names another answer than any below it is a call of its own.
/// </remarks>
internal static class CallFold
{
    public static IReadOnlyList<ModelCall> Of(SpanTree tree, SpanKind kind)
    {
        if (!MayHave(tree, kind)) return [];
        var calls = new List<ModelCall>();
        var told = new HashSet<SpanId>();
        // The innermost come first, so that what wraps them finds them told.
        foreach (var span in tree.Spans.Where(span => IsCall(tree, span, kind)))
        {
            if (!told.Add(span.SpanId)) continue;
            var same = new List<Span> { span };
            foreach (var around in tree.AroundOf(span).Where(around => around.Kind == kind))
            {
                if (!IsSame(tree, around, same, kind)) break;
                told.Add(around.SpanId);
                same.Add(around);
            }

            calls.Add(Call(tree, same));
        }

        if (calls.Count > 1) calls.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : string.CompareOrdinal(a.SpanId.Value, b.SpanId.Value));
        return calls;
    }

    /// <summary>True when the span tells of a call that no span below it tells of.</summary>
    public static bool IsCall(SpanTree tree, Span span, SpanKind kind)
    {
        // Where a loop's steps are not told, the span of the loop is all there is of its calls.
        if (kind == SpanKind.Model && span.Kind == SpanKind.ModelAggregate) return !tree.WithinOf(span).Any(other => other.Kind == SpanKind.Model);
        if (span.Kind != kind) return false;
        foreach (var other in tree.WithinOf(span))
        {
            if (other.Kind != kind) continue;
            if (span.Details?.ResponseId is not { } id || other.Details?.ResponseId is not { } its || its == id) return false;
        }

        return true;
    }

    private static bool MayHave(SpanTree tree, SpanKind kind)
    {
        foreach (var span in tree.Spans)
            if (span.Kind == kind || (kind == SpanKind.Model && span.Kind == SpanKind.ModelAggregate)) return true;
        return false;
    }

    private static bool IsSame(SpanTree tree, Span around, List<Span> same, SpanKind kind)
    {
        var ids = same.Select(span => span.Details?.ResponseId).OfType<string>().ToHashSet();
        if (around.Details?.ResponseId is { } id && ids.Count > 0) return ids.Contains(id);
        if (tree.WithinOf(around).Count(other => other.Kind == kind) > same.Count) return false;
        var usage = same.Find(span => span.Usage is not null)?.Usage;
        return around.Usage is null || usage is null
            || (around.Usage.InputTotal() == usage.InputTotal() && around.Usage.OutputTotal() == usage.OutputTotal());
    }

    // The innermost span is nearest to the wire; what it does not say is taken from the ones around it.
    private static ModelCall Call(SpanTree tree, List<Span> same)
    {
        var attempts = new List<Span>(1);
        foreach (var below in tree.WithinOf(same[0]))
            if (below.Kind == SpanKind.Attempt) attempts.Add(below);
        attempts.Sort(SpanTree.InOrder);
        var inner = same[0];
        // All steps of a loop ask the model that the loop names.
        var aggregate = tree.AroundOf(inner).FirstOrDefault(around => around.Kind == SpanKind.ModelAggregate);
        var bill = attempts.Count > 0 ? BillOf(attempts) : (First(span => span.Usage), First(span => span.Cost), First(span => span.CostReason));
        return new ModelCall
        {
            SpanId = inner.SpanId,
            SameCall = [.. same.Select(span => span.SpanId)],
            Start = inner.Start,
            Duration = inner.Duration,
            Operation = First(span => span.Details?.Operation),
            Streaming = First(span => span.Details?.Streaming),
            TimeToFirstToken = First(span => span.Details?.TimeToFirstToken),
            Provider = First(span => span.Provider) ?? attempts.LastOrDefault()?.Provider ?? aggregate?.Provider,
            ModelRequested = First(span => span.ModelRequested) ?? aggregate?.ModelRequested,
            Model = First(span => span.Model) ?? attempts.LastOrDefault()?.Model ?? aggregate?.Model,
            ResponseId = First(span => span.Details?.ResponseId) ?? attempts.LastOrDefault()?.Details?.ResponseId,
            Usage = bill.Item1,
            Cost = bill.Item2,
            CostReason = bill.Item2 is null ? bill.Item3 : null,
            Input = First(span => span.Input),
            Output = First(span => span.Output),
            Thinking = First(span => span.Details?.Thinking),
            RequestedTools = First(span => span.Details?.RequestedTools),
            FinishReasons = First(span => span.Details?.FinishReasons),
            // The one in the most words: nearest to the wire there is often only a code.
            Error = same.Select(span => span.Error).OfType<string>().MaxBy(error => error.Length),
            HttpStatus = First(span => span.Details?.HttpStatus),
        };

        T? First<T>(Func<Span, T?> read)
        {
            foreach (var span in same)
                if (read(span) is { } value) return value;
            return default;
        }
    }

    private static (TokenUsage?, Usd?, string?) BillOf(List<Span> attempts)
    {
        var usages = attempts.Select(attempt => attempt.Usage).OfType<TokenUsage>().ToList();
        return (
            usages.Count == 0 ? null : usages.Aggregate(UsageSum.Add),
            attempts.Exists(attempt => attempt.Cost is null) ? null : new Usd(attempts.Sum(attempt => attempt.Cost!.Value.Nano)),
            attempts.Find(attempt => attempt.Cost is null)?.CostReason);
    }
}
