using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Keeps what comes out of a request in lists, for whoever wants to look at it.</summary>
internal sealed class GatheredItems : ITraceSink
{
    public List<Span> Spans { get; } = [];

    public List<Feedback> Feedback { get; } = [];

    public void Add(Span span) => Spans.Add(span);

    public void Add(Feedback feedback) => Feedback.Add(feedback);
}
