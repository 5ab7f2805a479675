using Espalier.Contracts.Traces;
using Espalier.Core.Traces;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Keeps the spans that were written; a set number of writes fails first.</summary>
internal sealed class RecordingTraceStore : ITraceWriter
{
    private readonly Lock _lock = new();
    private readonly List<Span> _spans = [];

    public int FailuresLeft { get; set; }

    public IReadOnlyList<Span> Spans
    {
        get
        {
            lock (_lock) return [.. _spans];
        }
    }

    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (FailuresLeft-- > 0) throw new IOException("The trace store is away.");
            _spans.AddRange(spans);
            return Task.CompletedTask;
        }
    }

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken) => throw new NotSupportedException();
}
