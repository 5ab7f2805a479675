namespace Espalier.Gateway.Formats.Events;

/// <summary>One event of a streamed reply. Its bytes live until the next one is read.</summary>
/// <param name="Data">What it says; empty when it says nothing (a comment, a framing byte).</param>
/// <param name="Raw">Its bytes with all framing, as they came or as they go to the client.</param>
/// <param name="More">True when the next event is here already, so that there is no need to flush.</param>
internal readonly record struct StreamEvent(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Raw, bool More = false)
{
    /// <summary>True for what the gateway itself has to say, in the client's format.</summary>
    public bool IsOwn { get; init; }

    public bool IsDone => Data.Span.SequenceEqual("[DONE]"u8);
}
