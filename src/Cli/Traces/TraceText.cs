using Espalier.Cli.Output;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary>One trace for people: its spans as a tree.</summary>
internal static class TraceText
{
    public static void Write(Invocation invocation, Trace trace)
    {
        var summary = trace.Summary;
        invocation.Line($"trace    {summary.TraceId}");
        invocation.Line($"agent    {summary.Agent}, version {summary.Version?.Value ?? "unknown"}");
        invocation.Line($"start    {summary.Start:u}, {Text.Seconds(summary.Duration)}, {Text.Money(summary.Cost)}");
        if (summary.Conversation is { } conversation) invocation.Line($"talk     {conversation}");
        invocation.Line($"input    {summary.Input}");
        invocation.Line($"output   {summary.Output}");
        if (summary.Error is { } error) invocation.Line($"error    {error}");
        if (summary.Feedback.Count > 0) invocation.Line($"feedback {TracesCommand.Words(summary.Feedback)}");
        invocation.Line();
        var ids = trace.Spans.Select(span => span.SpanId).ToHashSet();
        foreach (var root in trace.Spans.Where(span => span.ParentId is not { } parent || !ids.Contains(parent))) WriteSpan(invocation, trace, root, 0);
    }

    private static void WriteSpan(Invocation invocation, Trace trace, Span span, int depth)
    {
        var model = span.Model is { } answered ? $" {answered}" : "";
        var role = span.Role is { } why and not AttemptRole.Primary ? $" ({why.ToString().ToLowerInvariant()})" : "";
        var tokens = span.Usage is { } usage ? $", {usage.InputTotal()?.ToString() ?? "?"} in {usage.OutputTotal()?.ToString() ?? "?"} out" : "";
        var cost = span.Kind == SpanKind.Attempt ? $", {Text.Money(span.Cost)}{(span.Cost is null ? $" ({span.CostReason})" : "")}" : "";
        var sure = span.Confidence is { } confidence ? $", confidence {confidence:0.00}" : "";
        invocation.Line($"{new string(' ', depth * 2)}{span.Name}{model}{role}  {Text.Seconds(span.Duration)}{tokens}{cost}{sure}");
        if (span.Error is { } error) invocation.Line($"{new string(' ', depth * 2)}  error: {Text.Cut(error, 300)}");
        // Two spans that name each other as parent must not hang the terminal.
        if (depth > 32) return;
        foreach (var child in trace.Spans.Where(other => other.ParentId == span.SpanId)) WriteSpan(invocation, trace, child, depth + 1);
    }
}
