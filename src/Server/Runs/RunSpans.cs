using System.Globalization;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Core.Traces;

namespace Espalier.Server.Runs;

/// <summary>What an agent in a sandbox tells of itself, as part of the run that it belongs to.</summary>
/// <remarks>It is the agent's word: agent, version, purpose and case are those of the run, ids cannot hit another span, and what a call used and
/// cost stays with the gateway's spans of it. Feedback is not taken: no agent judges itself.</remarks>
internal sealed class RunSpans(IReadOnlyList<RunWindow> windows)
{
    public ITraceSink Into(ITraceSink sink) => new Sink(windows, sink);

    private sealed class Sink(IReadOnlyList<RunWindow> windows, ITraceSink inner) : ITraceSink
    {
        public void Add(Span span)
        {
            var run = windows.FirstOrDefault(window => window.Run.TraceId == span.TraceId)?.Run
                ?? (windows.LastOrDefault(window => window.Start <= span.Start) ?? (windows.Count > 0 ? windows[0] : null))?.Run;
            if (run is { Untraced: false }) inner.Add(Join(span, run));
        }

        public void Add(Feedback feedback)
        {
        }

        private static Span Join(Span span, RunContext run) => span with
        {
            TraceId = run.TraceId,
            SpanId = Own(span.SpanId, run),
            ParentId = span.ParentId is { } parent && parent != run.ParentSpan ? Own(parent, run) : run.ParentSpan,
            Kind = span.Kind is SpanKind.Model or SpanKind.ModelAggregate or SpanKind.Attempt or SpanKind.Embedding ? SpanKind.Other : span.Kind,
            Agent = run.Agent,
            Version = run.Version,
            Purpose = run.Purpose,
            Conversation = run.Conversation,
            User = run.User,
            Session = run.Session,
            Case = run.Case,
            Role = null,
            Usage = null,
            Cost = null,
            CostReason = null,
            PriceTable = null,
            Attributes = Reported(span),
        };

        private static SpanId Own(SpanId id, RunContext run) => new(ContentHash.Of(16, run.TraceId.Value, id.Value));

        private static Dictionary<string, string> Reported(Span span)
        {
            var all = new Dictionary<string, string>(span.Attributes);
            if (span.Usage?.InputTotal() is { } input) all["reported.input_tokens"] = input.ToString(CultureInfo.InvariantCulture);
            if (span.Usage?.OutputTotal() is { } output) all["reported.output_tokens"] = output.ToString(CultureInfo.InvariantCulture);
            return all;
        }
    }
}
