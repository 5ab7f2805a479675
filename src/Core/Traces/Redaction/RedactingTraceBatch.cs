using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Redaction;

/// <summary>A batch that nothing unredacted gets into.</summary>
internal sealed class RedactingTraceBatch(ITraceBatch batch, SpanRedaction redaction) : ITraceBatch
{
    public void Add(Span span) => batch.Add(redaction.Apply(span));

    public void Add(Feedback feedback) => batch.Add(redaction.Apply(feedback));

    public Task CommitAsync(CancellationToken cancellationToken) => batch.CommitAsync(cancellationToken);

    public void Dispose() => batch.Dispose();
}
