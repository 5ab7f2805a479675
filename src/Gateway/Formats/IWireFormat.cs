using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats;

/// <summary>How one vendor's API writes requests, replies, streams and errors.</summary>
/// <remarks>Between equal formats bytes pass through and only a few members are edited in place; between different ones a request or a
/// reply goes over the neutral form, read by one format and written by the other.</remarks>
internal interface IWireFormat
{
    /// <summary>The word in traces: <c>openai-chat</c>, <c>openai-responses</c>, <c>anthropic</c>, <c>gemini</c>.</summary>
    string Name { get; }

    /// <summary>Finds the members of a request that the gateway needs; nothing else is looked at.</summary>
    /// <exception cref="CallRefusal">The body is not such a request; the message says where.</exception>
    WireRequest Parse(ReadOnlyMemory<byte> body, RequestTarget target);

    /// <summary>The request's own bytes with what is changed put in.</summary>
    ReadOnlyMemory<byte> Prepare(WireRequest request, RequestChanges changes, Dropped dropped);

    /// <summary>What the gateway notes about a reply, of which it reads a copy.</summary>
    ReplyReading NewReading();

    /// <exception cref="CallRefusal">It rests on what another provider keeps, and can be said to no one else.</exception>
    NeutralRequest ReadRequest(ReadOnlyMemory<byte> body, WireRequest request, Dropped dropped);

    ReadOnlyMemory<byte> WriteRequest(NeutralRequest request, Dropped dropped);

    /// <exception cref="System.Text.Json.JsonException">It is no reply of this format.</exception>
    NeutralReply ReadReply(ReadOnlyMemory<byte> body);

    ReadOnlyMemory<byte> WriteReply(NeutralReply reply, Dropped dropped);

    IEventReader NewEventReader();

    IEventWriter NewEventWriter(WireRequest request, Dropped dropped);

    ReadOnlyMemory<byte> WriteError(CallRefusal refusal);

    /// <summary>An error told inside a stream that has begun.</summary>
    ReadOnlyMemory<byte> WriteErrorEvent(CallRefusal refusal, StreamFraming framing);
}
