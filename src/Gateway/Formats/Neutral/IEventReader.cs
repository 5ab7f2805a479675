using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Formats.Neutral;

/// <summary>Reads one stream of a format, event by event. Not thread-safe.</summary>
internal interface IEventReader
{
    /// <exception cref="Readings.BrokenReplyException">The event is not of the format.</exception>
    IEnumerable<NeutralEvent> Read(StreamEvent streamed);

    /// <summary>What is left to be told when the stream is over.</summary>
    IEnumerable<NeutralEvent> End();
}

/// <summary>Writes one stream in a format. Not thread-safe.</summary>
internal interface IEventWriter
{
    IEnumerable<StreamEvent> Write(NeutralEvent told);
}
