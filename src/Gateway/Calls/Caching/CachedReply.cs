using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>A provider's whole and good reply, as its bytes came: in one piece, or in events.</summary>
/// <param name="Body">The reply in one piece; empty when it came in events.</param>
/// <param name="Events">Its events; empty when it came in one piece.</param>
/// <param name="Stored">When.</param>
internal sealed record CachedReply(ReadOnlyMemory<byte> Body, IReadOnlyList<StreamEvent> Events, DateTimeOffset Stored)
{
    // What an entry takes beside its bytes, about.
    private const int Overhead = 256;

    public long Size { get; } = Overhead + Body.Length + Events.Sum(one => 64L + one.Raw.Length + one.Data.Length);
}
