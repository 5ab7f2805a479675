using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Imports;

/// <summary>What the records of a batch gave.</summary>
public sealed class ImportedBatch
{
    private readonly List<Span> _spans = [];
    private readonly List<Feedback> _feedback = [];
    private readonly List<RejectedTraceRecord> _rejected = [];
    private readonly Dictionary<string, int> _accepted = [];

    public IReadOnlyList<Span> Spans => _spans;

    public IReadOnlyList<Feedback> Feedback => _feedback;

    public TraceImportReceipt Receipt() => new()
    {
        Accepted = _accepted,
        Traces = [.. _spans.Select(span => span.TraceId).Distinct()],
        Spans = _spans.Count,
        Feedback = _feedback.Count,
        Rejected = _rejected,
    };

    internal void Add(long line, string format, ImportedRecord read)
    {
        _spans.AddRange(read.Spans);
        _feedback.AddRange(read.Feedback);
        if (read.Problem is { } problem) Reject(line, problem);
        if (read.Problem is null || read.Spans.Count + read.Feedback.Count > 0) _accepted[format] = _accepted.GetValueOrDefault(format) + 1;
    }

    internal void Reject(long line, string reason) => _rejected.Add(new RejectedTraceRecord(line, reason));
}
