using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Otlp;

/// <summary>What came out of one export request.</summary>
public sealed record OtlpBatch : OtlpOutcome
{
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal OtlpBatch(OtlpOutcome outcome, IReadOnlyList<Span> spans, IReadOnlyList<Feedback> feedback)
        : base(outcome) => (Spans, Feedback) = outcome.MalformedReason is null ? (spans, feedback) : ([], []);

    public IReadOnlyList<Span> Spans { get; }

    public IReadOnlyList<Feedback> Feedback { get; }
}
