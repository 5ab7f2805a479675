using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Calls;

/// <summary>Where a streamed answer goes.</summary>
internal interface IReplyOutput
{
    /// <summary>Sends one event's bytes; the first one begins the response. Does nothing when the client is gone.</summary>
    Task WriteAsync(StreamEvent streamed);
}
