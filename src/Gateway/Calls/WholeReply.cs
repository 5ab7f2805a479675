using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>An answer that is here in one piece and was shown to nobody yet.</summary>
internal sealed record WholeReply(Exchange Exchange, ServedModel Model, ReadOnlyMemory<byte> Body, ReplyReading Reading)
{
    public double? Confidence => Reading.Confidence;
}
