using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Gateway.Tests.Formats.Neutral;

/// <summary>What a format has words for survives being said in it and read back: requests, replies, and replies told as streams.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string> Names => [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    [Theory]
    [MemberData(nameof(Names))]
    public void WriteRequest_ReadBack_SaysTheSameAndDropsNothing(string name)
    {
        var format = WireFormats.All[name];
        Prop.ForAll(Conversations.Requests(name).ToArbitrary(), request =>
        {
            var dropped = new Dropped();
            var body = format.WriteRequest(request, dropped);
            dropped.ToString().ShouldBe("");
            var parsed = format.Parse(body, name == WireFormats.Gemini ? new RequestTarget(request.Model, request.Stream) : default);
            Told.Of(format.ReadRequest(body, parsed, dropped)).ShouldBe(Told.Of(request));
            dropped.ToString().ShouldBe("");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WriteReply_ReadBack_SaysTheSame(string name)
    {
        var format = WireFormats.All[name];
        Prop.ForAll(Conversations.Replies(name).ToArbitrary(), reply => Told.Of(format.ReadReply(format.WriteReply(reply, new Dropped()))).ShouldBe(Told.Of(reply))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EventWriter_ReadBackInPieces_TellsTheSame(string name)
    {
        var format = WireFormats.All[name];
        var request = format.Parse(format.WriteRequest(new NeutralRequest { Model = "m", Turns = [new Turn(TurnRole.User, [new Part.Text("x")])] }, new Dropped()), new RequestTarget("m", true));
        request.IncludeUsage = true;
        foreach (var reply in Conversations.Replies(name).Sample(60))
        {
            foreach (var framing in name == WireFormats.Gemini ? (StreamFraming[])[StreamFraming.ServerSentEvents, StreamFraming.JsonArray] : [StreamFraming.ServerSentEvents])
            {
                var target = new WireRequest { Format = format, Target = new RequestTarget("m", true, framing), Members = request.Members, IncludeUsage = true };
                var writer = format.NewEventWriter(target, new Dropped());
                byte[] wire = [.. reply.ToEvents().SelectMany(writer.Write).SelectMany(streamed => streamed.Raw.ToArray())];
                foreach (var size in (int[])[1, 7, int.MaxValue])
                    Told.Of(Told.Reply(await ReadAsync(format, framing, wire, size))).ShouldBe(Told.Of(reply), $"{name} {framing} in pieces of {size}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WriteReply_AnyOtherFormatsReply_IsReadByItsOwnReading(string name)
    {
        var format = WireFormats.All[name];
        foreach (var other in WireFormats.All.Keys)
        {
            Prop.ForAll(Conversations.Replies(other).ToArbitrary(), reply =>
            {
                var reading = format.NewReading();
                reading.TryReadWhole(format.WriteReply(reply, new Dropped())).ShouldBeTrue();
                var said = string.Concat(reply.Answers[0].Parts.OfType<Part.Text>().Select(part => part.Content));
                if (said.Length > 0) reading.Output.ShouldBe(said);
                else reading.Output.ShouldContain("tool_0");
            }).QuickCheckThrowOnFailure();
        }
    }

    private static async Task<List<NeutralEvent>> ReadAsync(IWireFormat format, StreamFraming framing, byte[] wire, int size)
    {
        var reader = format.NewEventReader();
        var stream = new SlowStream(wire, size);
        var events = new List<NeutralEvent>();
        var all = framing == StreamFraming.JsonArray
            ? JsonArrayEvents.ReadAsync(stream, 1 << 20, TestContext.Current.CancellationToken) : ServerSentEvents.ReadAsync(stream, 1 << 20, TestContext.Current.CancellationToken);
        await foreach (var streamed in all) events.AddRange(reader.Read(streamed));
        events.AddRange(reader.End());
        return events;
    }
}
