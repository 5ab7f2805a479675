namespace Espalier.Core.Traces.Otlp;

/// <summary>Why an item is rejected, in words for whoever runs the sender.</summary>
internal static class OtlpFaults
{
    public const string NoTraceId = "A span's trace_id is missing, all zeros or not 16 bytes.";
    public const string NoSpanId = "A span's span_id is missing, all zeros or not 8 bytes.";
    public const string NoTime = "A span has neither a start nor an end time.";
    public const string RecordWithoutSpan = "A log record with a message names no span that it belongs to.";
    public const string Unreadable = "An item could not be read";
}
