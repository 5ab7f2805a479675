using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Calls.Capture;

/// <summary>Reads a stream without its log probabilities.</summary>
internal sealed class PlainEventReader(IEventReader reader) : IEventReader
{
    public IEnumerable<NeutralEvent> Read(StreamEvent streamed) => reader.Read(streamed).Select(Plain);

    public IEnumerable<NeutralEvent> End() => reader.End().Select(Plain);

    private static NeutralEvent Plain(NeutralEvent told) => told is NeutralEvent.Delta { Logprobs.Count: > 0 } delta ? delta with { Logprobs = [] } : told;
}
