using System.Text;
using System.Text.Json;
using Espalier.Core.Shared;
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
    private static readonly string[] Values = ["null", "7", "-1", "1e999", "99999999999999999999", "true", "\"x\"", "[]", "{}", "[{}]", "[[7]]", "[null]", "\"\\ud800\"", "{\"a\":{\"b\":[{}]}}"];

    public static TheoryData<string> Names => [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_SpoiltRequest_IsRefusedOrUnderstoodAndCanBeSaidInEveryFormat(string name)
    {
        var format = WireFormats.All[name];
        var (understood, refused) = (0, 0);
        foreach (var body in Spoilt(Conversations.Requests(name).Sample(40).Select(request => format.WriteRequest(request, new Dropped())), 25, 1))
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
        foreach (var body in Spoilt(Conversations.Replies(name).Sample(40).Select(reply => format.WriteReply(reply, new Dropped())), 25, 2))
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
        foreach (var wire in Spoilt(streams, 20, 3))
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

    // Bytes are cut, doubled and changed, and whole values replaced by others.
    private static IEnumerable<ReadOnlyMemory<byte>> Spoilt(IEnumerable<ReadOnlyMemory<byte>> bodies, int each, int seed)
    {
        var dice = new Rng((ulong)seed);
        foreach (var body in bodies)
        {
            for (var i = 0; i < each; i++)
            {
                var text = new StringBuilder(Encoding.UTF8.GetString(body.Span));
                var changes = 1 + dice.Next(3);
                for (var change = 0; change < changes; change++)
                {
                    var at = dice.Next(text.Length);
                    switch (dice.Next(5))
                    {
                        case 0:
                            text.Remove(at, Math.Min(1 + dice.Next(20), text.Length - at));
                            break;
                        case 1:
                            text.Insert(at, (char)(32 + dice.Next(95)));
                            break;
                        default:
                            Replace(text, at, Values[dice.Next(Values.Length)]);
                            break;
                    }

                    if (text.Length == 0) text.Append('x');
                }

                yield return Encoding.UTF8.GetBytes(text.ToString());
            }
        }
    }

    /// <summary>Puts a value where the next member's value begins, up to where it ends if that is easy to see.</summary>
    private static void Replace(StringBuilder text, int at, string value)
    {
        var all = text.ToString();
        var colon = all.IndexOf(':', at);
        if (colon < 0) return;
        var end = all.IndexOfAny([',', '}'], colon);
        if (all.Length > colon + 1 && all[colon + 1] is '{' or '[') end = Close(all, colon + 1);
        if (end > colon) text.Remove(colon + 1, end - colon - 1).Insert(colon + 1, value);
    }

    private static int Close(string text, int from)
    {
        var depth = 0;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] is '{' or '[') depth++;
            else if (text[i] is '}' or ']' && --depth == 0) return i + 1;
        }

        return -1;
    }
}
