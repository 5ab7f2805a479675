using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Feedback as a row of its table; what is said of <see cref="SpanRow"/> holds here too.</summary>
internal sealed record FeedbackRow
{
    public const string Insert =
        "INSERT INTO feedback (project, target_kind, target, span_id, name, source, label, value, comment, demonstration, at, written) FORMAT RowBinary";

    public const string OfTrace = "trace";
    public const string OfConversation = "conversation";
    public const string OfResponse = "response";

    public required string TargetKind { get; init; }

    public required string Target { get; init; }

    public required string SpanId { get; init; }

    public required string Name { get; init; }

    public required string Source { get; init; }

    public string? Label { get; init; }

    public double? Value { get; init; }

    public string? Comment { get; init; }

    public string? Demonstration { get; init; }

    public required long AtUs { get; init; }

    public static void Write(RowBinaryWriter row, string project, Feedback feedback, long written)
    {
        var (kind, target) = feedback switch
        {
            { TraceId: { } trace } => (OfTrace, trace.Value),
            { ResponseId: { } response } => (OfResponse, response),
            { Conversation: { } conversation } => (OfConversation, conversation),
            _ => throw new ArgumentException($"The feedback '{feedback.Name}' is about nothing.", nameof(feedback)),
        };
        row.Write(project);
        row.Write(kind);
        row.Write(target);
        row.Write(feedback.SpanId?.Value ?? "");
        row.Write(feedback.Name);
        row.Write(feedback.Source);
        row.WriteNullable(feedback.Label);
        row.WriteNullable(feedback.Value);
        row.WriteNullable(feedback.Comment);
        row.WriteNullable(feedback.Demonstration);
        row.Write(feedback.At);
        row.Write(written);
    }

    public Feedback ToFeedback(FeedbackMetrics metrics) => new()
    {
        TraceId = TargetKind == OfTrace ? new TraceId(Target) : null,
        SpanId = SpanId.Length > 0 ? new SpanId(SpanId) : null,
        Conversation = TargetKind == OfConversation ? Target : null,
        ResponseId = TargetKind == OfResponse ? Target : null,
        Name = Name,
        Source = Source,
        Label = Label,
        Value = Value,
        Comment = Comment,
        Demonstration = Demonstration,
        Quarantined = metrics.IsKnown(Name) ? null : true,
        At = UnixMicros.To(AtUs),
    };
}
