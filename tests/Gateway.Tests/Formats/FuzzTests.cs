using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Tests.Formats.Neutral;

using FsCheck.Fluent;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Spoilt bodies of every format: a client's are refused or understood, a provider's are a reply or no reply, and nothing else happens.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Names => [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_SpoiltRequest_IsRefusedOrUnderstoodAndCanBeSaidInEveryFormat(string name)
    {
        var format = WireFormats.All[name];
        var (understood, refused) = (0, 0);
        foreach (var body in Spoilt.Of(Conversations.Requests(name).Sample(40).Select(request => format.WriteRequest(request, new Dropped())), 25, 1))
        {
            try
            {
                var request = format.Parse(body, name == WireFormats.Gemini ? new RequestTarget("m", false) : default);
                foreach (var message in request.Prompt.Messages) message.Text.ShouldNotBeNull();
                WireRequest.Describe(request.Prompt).ShouldStartWith("[");
                var neutral = format.ReadRequest(body, request, new Dropped());
                foreach (var other in WireFormats.All.Values)
                {
                    using var said = JsonDocument.Parse(other.WriteRequest(neutral, new Dropped()), new JsonDocumentOptions { MaxDepth = 256 });
                    said.RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
                }

                understood++;
            }
            catch (CallRefusal refusal)
            {
                refusal.Message.ShouldNotBeEmpty();
                refused++;
            }
        }

        understood.ShouldBeGreaterThan(20);
        refused.ShouldBeGreaterThan(20);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryReadWhole_SpoiltReply_IsAReplyOrNone(string name)
    {
        var format = WireFormats.All[name];
        foreach (var body in Spoilt.Of(Conversations.Replies(name).Sample(40).Select(reply => format.WriteReply(reply, new Dropped())), 25, 2))
        {
            var reading = format.NewReading();
            if (!reading.TryReadWhole(body)) continue;
            reading.Usage.ShouldNotBeNull();
            reading.Output.ShouldNotBeNull();
            try
            {
                var reply = format.ReadReply(body);
                foreach (var other in WireFormats.All.Values) other.WriteReply(reply, new Dropped()).IsEmpty.ShouldBeFalse();
                foreach (var other in WireFormats.All.Values)
                {
                    var writer = other.NewEventWriter(new WireRequest { Format = other, Target = default, Members = new Gateway.Formats.Json.JsonMembers(default) }, new Dropped());
                    foreach (var told in reply.ToEvents().SelectMany(writer.Write)) told.Raw.IsEmpty.ShouldBeFalse();
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // What the gateway says of it is that it is no reply.
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadEvent_SpoiltStream_IsReadTranslatedOrBroken(string name)
    {
        var format = WireFormats.All[name];
        var request = new WireRequest { Format = format, Target = default, Members = new Gateway.Formats.Json.JsonMembers(default), IncludeUsage = true };
        var streams = Conversations.Replies(name).Sample(40).Select(reply =>
        {
            var writer = format.NewEventWriter(request, new Dropped());
            return (ReadOnlyMemory<byte>)reply.ToEvents().SelectMany(writer.Write).SelectMany(streamed => streamed.Raw.ToArray()).ToArray();
        });
        foreach (var wire in Spoilt.Of(streams, 20, 3))
        {
            var reading = format.NewReading();
            var reader = format.NewEventReader();
            var writers = WireFormats.All.Values.Select(other => other.NewEventWriter(request, new Dropped())).ToList();
            try
            {
                await foreach (var streamed in ServerSentEvents.ReadAsync(new SlowStream(wire.ToArray(), 64), 1 << 20, TestContext.Current.CancellationToken))
                {
                    reading.ReadEvent(streamed);
                    foreach (var told in reader.Read(streamed))
                        foreach (var writer in writers)
                            foreach (var said in writer.Write(told)) said.Raw.IsEmpty.ShouldBeFalse();
                }

                foreach (var told in reader.End())
                    foreach (var writer in writers)
                        foreach (var said in writer.Write(told)) said.Raw.IsEmpty.ShouldBeFalse();
            }
            catch (Exception e) when (e is BrokenReplyException or JsonException or InvalidOperationException)
            {
                // What the gateway says of it is that the stream broke.
            }

            reading.Usage.ShouldNotBeNull();
        }
    }
}
