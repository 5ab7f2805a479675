namespace Espalier.Gateway.Formats;

/// <summary>What a request's path and query say about it.</summary>
/// <param name="Model">The model in the path; null where the body names it.</param>
/// <param name="Stream">Whether the path asks for a stream; null where the body says it.</param>
/// <param name="Framing">How events are told apart.</param>
internal readonly record struct RequestTarget(string? Model = null, bool? Stream = null, StreamFraming Framing = StreamFraming.ServerSentEvents);

/// <summary>How the events of a stream are told apart.</summary>
internal enum StreamFraming
{
    ServerSentEvents,

    /// <summary>One JSON array whose elements arrive one by one.</summary>
    JsonArray,
}
