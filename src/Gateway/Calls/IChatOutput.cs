using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>Where a streamed answer goes.</summary>
internal interface IChatOutput
{
    /// <summary>Sends one event; the first one begins the response. Does nothing when the client is gone.</summary>
    Task WriteAsync(StreamEvent streamed);
}
