using Espalier.Contracts.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Feedback as a row of its table; what is said of <see cref="SpanRow"/> holds here too.</summary>
internal sealed record FeedbackRow
{
    public const string Insert =
        "INSERT INTO feedback (project, trace_id, name, source, label, value, comment, at, written) FORMAT RowBinary";

    public required string TraceId { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    public string? Label { get; init; }

    public double? Value { get; init; }

    public string? Comment { get; init; }

    public required long AtUs { get; init; }

    public static void Write(RowBinaryWriter row, string project, Feedback feedback, long written)
    {
        row.Write(project);
        row.Write(feedback.TraceId?.Value ?? throw new NotSupportedException("Feedback without a trace cannot be stored yet."));
        row.Write(feedback.Name);
        row.Write(feedback.Source);
        row.WriteNullable(feedback.Label);
        row.WriteNullable(feedback.Value);
        row.WriteNullable(feedback.Comment);
        row.Write(feedback.At);
        row.Write(written);
    }

    public Feedback ToFeedback() => new()
    {
        TraceId = new TraceId(TraceId),
        Name = Name,
        Source = Source,
        Label = Label,
        Value = Value,
        Comment = Comment,
        At = UnixMicros.To(AtUs),
    };
}
