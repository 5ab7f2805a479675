using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Core.Traces.Imports;

/// <summary>Ids of traces and spans: the file's own where they have OpenTelemetry's form, else by content, so that they are the same at every import.</summary>
internal static class ImportIds
{
    private const int TraceDigits = 32;
    private const int SpanDigits = 16;

    public static TraceId Trace(string format, string id) => new(IsHex(id, TraceDigits) ? id.ToLowerInvariant() : ContentHash.Of(TraceDigits, format, id));

    public static SpanId Span(string format, string trace, string id) =>
        new(IsHex(id, SpanDigits) ? id.ToLowerInvariant() : ContentHash.Of(SpanDigits, format, trace, id));

    // All zeros is no id.
    private static bool IsHex(string id, int digits) => id.Length == digits && id.All(char.IsAsciiHexDigit) && id.AsSpan().ContainsAnyExcept('0');
}
