using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>What was done: tools executed, documents searched, requests handed over.</summary>
internal static class Actions
{
    /// <summary>A tool span around another of the same tool is the same execution: a protocol's span within the framework's.</summary>
    public static IReadOnlyList<ToolCall> ToolCalls(SpanTree tree) => [.. tree.Spans
        .Where(span => span.Kind == SpanKind.Tool && !IsWithinSame(tree, span))
        .Select(span => ToolCallOf(span, tree.DescendantsOf(span).Where(inner => inner.Kind == SpanKind.Tool && SameTool(inner, span)).Order(SpanTree.InOrder)))];

    public static IReadOnlyList<Retrieval> Retrievals(SpanTree tree) => [.. tree.Spans
        .Where(span => span.Kind == SpanKind.Retrieval)
        .Select(span => new Retrieval { SpanId = span.SpanId, Query = span.Input, Documents = span.Details?.Documents ?? [] })];

    /// <summary>Each pair of agents once, in order.</summary>
    public static IReadOnlyList<Handoff> Handoffs(SpanTree tree) => [.. tree.Spans
        .Select(span => span.Details?.Handoff is { } told ? told with { From = told.From ?? AgentAround(tree, span) } : Nested(tree, span))
        .OfType<Handoff>().Distinct()];

    // An agent within another, not called as one of its tools.
    private static Handoff? Nested(SpanTree tree, Span span)
    {
        if (span.Kind != SpanKind.Agent || span.Details?.AgentName is not { } to) return null;
        var from = tree.AncestorsOf(span).TakeWhile(around => around.Kind != SpanKind.Tool)
            .FirstOrDefault(around => around.Kind == SpanKind.Agent && around.Details?.AgentName is not null)?.Details?.AgentName;
        return from is null || from == to ? null : new Handoff { From = from, To = to };
    }

    private static string? AgentAround(SpanTree tree, Span span) =>
        tree.AncestorsOf(span).Select(around => around.Details?.AgentName).FirstOrDefault(name => name is not null);

    private static bool IsWithinSame(SpanTree tree, Span span) =>
        tree.AncestorsOf(span).TakeWhile(around => around.Kind is SpanKind.Tool or SpanKind.Other).Any(around => around.Kind == SpanKind.Tool && SameTool(around, span));

    private static bool SameTool(Span a, Span b) => NameOf(a) == NameOf(b);

    private static string NameOf(Span span) => span.Details?.Tool ?? span.Name;

    private static ToolCall ToolCallOf(Span span, IEnumerable<Span> inner)
    {
        IReadOnlyList<Span> told = [span, .. inner];
        return new ToolCall
        {
            SpanId = span.SpanId,
            Start = span.Start,
            Duration = span.Duration,
            Name = NameOf(span),
            CallId = First(one => one.Details?.ToolCallId),
            Arguments = First(one => one.Input),
            Result = First(one => one.Output),
            Error = First(one => one.Error),
        };

        string? First(Func<Span, string?> read) => told.Select(read).FirstOrDefault(value => value is not null);
    }
}
