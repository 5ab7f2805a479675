namespace Espalier.Server.Traces.Otlp;

/// <summary>What became of an export: of its spans, log records or data points, by its signal.</summary>
/// <param name="Rejected">Will never be taken, however often they are sent.</param>
/// <param name="Message">Why some were rejected; null when none were.</param>
internal sealed record OtlpReceipt(long Accepted, long Rejected, string? Message)
{
    /// <summary>Both together, for a request of several messages.</summary>
    public OtlpReceipt With(OtlpReceipt other) => new(
        Accepted + other.Accepted, Rejected + other.Rejected, Message is null ? other.Message : other.Message is null ? Message : $"{Message} {other.Message}");
}
