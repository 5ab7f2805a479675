using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Folding;

namespace Espalier.Core.Traces;

/// <summary>Reads off all spans of a trace what it says as a whole.</summary>
/// <remarks>A pure function of the set of spans: their order, and copies of one, change nothing. O(spans x depth).</remarks>
public static class TraceFold
{
    /// <summary>The spans as a reader wants them: each once, by start, with the records that belong to them merged in.</summary>
    public static IReadOnlyList<Span> Spans(IReadOnlyList<Span> spans) => new SpanTree(spans).Spans;

    /// <param name="spans">All known spans of one trace; at least one.</param>
    public static TraceFacts Of(IReadOnlyList<Span> spans)
    {
        var tree = new SpanTree(spans);
        var all = tree.Spans;
        var root = RootOf(all);
        var bill = BillFold.Of(tree);
        var lifted = new Lifting(root, all);
        var errors = all.Where(span => span.Error is not null).ToList();
        var output = Answers.OutputOf(tree, root);
        var start = all.Min(span => span.Start);
        var calls = CallFold.Of(tree, SpanKind.Model);
        return new TraceFacts
        {
            TraceId = root.TraceId,
            Root = root.SpanId,
            Start = start,
            Duration = root.Kind == SpanKind.Agent ? root.Duration : all.Max(span => span.Start + span.Duration) - start,
            Spans = all.Count(span => span.Kind != SpanKind.Event),
            Agent = root.Agent,
            Agents = Agents(all),
            Version = lifted.First(span => span.Version),
            Purpose = root.Purpose,
            Conversation = lifted.Of("conversation", span => span.Conversation),
            User = lifted.Of("user", span => span.User),
            Session = lifted.Of("session", span => span.Session),
            Service = lifted.First(span => span.Service),
            Environment = lifted.First(span => span.Environment),
            Prompt = Prompt(lifted),
            ModelCalls = calls,
            EmbeddingCalls = CallFold.Of(tree, SpanKind.Embedding),
            Attempts = all.Count(span => span.Kind == SpanKind.Attempt),
            Usage = bill.Usage,
            IsUsageComplete = bill.IsUsageComplete,
            KnownCost = bill.KnownCost,
            UnpricedCalls = bill.UnpricedCalls,
            ToolCalls = ToolRequests.Join(Actions.ToolCalls(tree), calls),
            Retrievals = Actions.Retrievals(tree),
            Handoffs = Actions.Handoffs(tree),
            Guardrails = [.. all.Where(span => span.Kind == SpanKind.Guardrail).Select(span => span.SpanId)],
            Input = Answers.InputOf(tree, root),
            Output = output,
            Error = root.Error ?? (output is null ? errors.LastOrDefault()?.Error : null),
            ErrorSpans = [.. errors.Select(span => span.SpanId)],
            IsIncomplete = output is null && errors.Count == 0,
            Conflicts = lifted.Conflicts,
        };
    }

    // The spans are in order: of those that are as good the first is it.
    private static Span RootOf(List<Span> spans)
    {
        var root = spans[0];
        foreach (var span in spans)
            if (Rank(span) < Rank(root)) root = span;
        return root;
    }

    private static int Rank(Span span) => (span.Kind == SpanKind.Agent ? 0 : 2) + (span.ParentId is null ? 0 : 1);

    private static IReadOnlyList<NamedAgent> Agents(List<Span> spans) => [.. spans
        .Where(span => span.Kind == SpanKind.Agent && span.Details?.AgentName is not null)
        .GroupBy(span => span.Details!.AgentName!, StringComparer.Ordinal)
        .Select(group => new NamedAgent { Name = group.Key, Version = group.Select(span => span.Details!.AgentVersion).FirstOrDefault(version => version is not null) })];

    private static PromptReference? Prompt(Lifting lifted)
    {
        var name = lifted.First(span => span.Details?.Prompt?.Name);
        var version = lifted.First(span => span.Details?.Prompt?.Version);
        return name is null && version is null ? null : new PromptReference { Name = name, Version = version };
    }
}
