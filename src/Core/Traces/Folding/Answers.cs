using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>What was asked of the trace as a whole, and what was answered.</summary>
internal static class Answers
{
    public static string? InputOf(SpanTree tree, Span root) =>
        root.Input ?? Outermost(tree).Select(span => span.Input).FirstOrDefault(input => input is not null);

    /// <summary>The root's own word; else the last outermost agent's or chain's; else the last text that a model said.</summary>
    public static string? OutputOf(SpanTree tree, Span root)
    {
        if (root.Output is not null) return root.Output;
        // A trace that failed has no answer, whatever its steps said before.
        if (root.Error is not null) return null;
        return Last(Outermost(tree)) ?? Last(tree.Spans.Where(span => span.Kind == SpanKind.Agent)) ?? Last(tree.Spans.Where(span => span.Kind == SpanKind.Model));
    }

    private static string? Last(IEnumerable<Span> spans) => spans
        .Where(span => !string.IsNullOrEmpty(span.Output) && span.Error is null)
        .OrderBy(span => span.Start + span.Duration).ThenBy(span => span, SpanTree.InOrder)
        .LastOrDefault()?.Output;

    private static IEnumerable<Span> Outermost(SpanTree tree) =>
        tree.Spans.Where(span => tree.ParentOf(span) is null && span.Kind is SpanKind.Agent or SpanKind.Chain);
}
