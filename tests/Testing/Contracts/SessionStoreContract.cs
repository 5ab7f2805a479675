using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Search;
using Espalier.Core.Search;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class SessionStoreContract : StoreContract<ISessionStore>
{
    private static readonly SessionId Id = new("ses_1");

    [Fact]
    public async Task FindAsync_CreatedSession_ComesBack()
    {
        var header = Header("ses_1");
        await Store.CreateAsync(header, Cancellation);
        (await Store.FindAsync(Id, Cancellation)).ShouldBe(header);
        (await Store.FindAsync(new SessionId("other"), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task CreateAsync_SameIdTwice_Throws()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        await Should.ThrowAsync<InvalidOperationException>(() => Store.CreateAsync(Header("ses_1"), Cancellation));
    }

    [Fact]
    public async Task ListAsync_SeveralSessions_NewestFirst()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        await Store.CreateAsync(Header("ses_2") with { Agent = "other" }, Cancellation);
        Time.Advance(TimeSpan.FromSeconds(1));
        await Store.CreateAsync(Header("ses_3"), Cancellation);
        (await Store.ListAsync(null, Cancellation)).Select(header => header.Id.Value).ShouldBe(["ses_3", "ses_2", "ses_1"]);
        (await Store.ListAsync("support", Cancellation)).Select(header => header.Id.Value).ShouldBe(["ses_3", "ses_1"]);
    }

    [Fact]
    public async Task ReadAsync_AppendedEvents_ComeBackInOrder()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        for (var i = 1; i <= 12; i++) (await AppendAsync(i, $"{i} {Hostile}")).ShouldBeTrue();

        var events = await Store.ReadAsync(Id, 0, Cancellation);
        events.Select(stored => stored.Sequence).ShouldBe(Enumerable.Range(1, 12));
        events.Select(stored => ((SessionEvent.SearchStopped)stored.Event).Reason).ShouldBe(Enumerable.Range(1, 12).Select(i => $"{i} {Hostile}"));
        events[0].At.ShouldBe(Time.GetUtcNow());
        (await Store.ReadAsync(Id, 10, Cancellation)).Select(stored => stored.Sequence).ShouldBe([11, 12]);
        (await Store.ReadAsync(Id, 12, Cancellation)).ShouldBeEmpty();
        (await Store.ReadAsync(new SessionId("other"), 0, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task AppendAsync_NumberTaken_ReturnsFalseAndKeepsTheFirst()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        (await AppendAsync(1, "first")).ShouldBeTrue();
        (await AppendAsync(1, "second")).ShouldBeFalse();
        (await Store.ReadAsync(Id, 0, Cancellation)).ShouldHaveSingleItem().Event.ShouldBe(new SessionEvent.SearchStopped("stall", "first"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task AppendAsync_NumberThatLeavesAGap_Throws(int sequence)
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        (await Record.ExceptionAsync(() => AppendAsync(sequence, "x"))).ShouldNotBeNull();
        (await Store.ReadAsync(Id, 0, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public Task AppendAsync_UnknownSession_Throws() => Should.ThrowAsync<InvalidOperationException>(() => AppendAsync(1, "x"));

    [Fact]
    public async Task AppendAsync_ManyWritersForEachNumber_OneWinsEachAndTheOrderHolds()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        var wins = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var won = 0;
            for (var i = 1; i <= 40;)
            {
                if (await AppendAsync(i, $"{writer}")) won++;
                i = (await Store.ReadAsync(Id, 0, Cancellation)).Count + 1;
            }

            return won;
        })));
        wins.Sum().ShouldBe(40);
        (await Store.ReadAsync(Id, 0, Cancellation)).Select(stored => stored.Sequence).ShouldBe(Enumerable.Range(1, 40));
    }

    [Fact]
    public async Task ReadAsync_EveryKindOfEvent_ComesBackEqual()
    {
        await Store.CreateAsync(Header("ses_1"), Cancellation);
        var events = SessionEvents.OneOfEach;
        for (var i = 0; i < events.Count; i++) await Store.AppendAsync(Id, i + 1, events[i], Time.GetUtcNow(), Cancellation);
        var read = await Store.ReadAsync(Id, 0, Cancellation);
        read.Select(stored => Text(stored.Event)).ShouldBe(events.Select(Text));
    }

    // Records do not compare the lists inside them; their JSON does.
    private static string Text(SessionEvent one) => JsonSerializer.Serialize(one, ContractsJson.Default.SessionEvent);

    private Task<bool> AppendAsync(int sequence, string reason) =>
        Store.AppendAsync(Id, sequence, new SessionEvent.SearchStopped("stall", reason), Time.GetUtcNow(), Cancellation);

    private SessionHeader Header(string id) => new(new SessionId(id), "support", id == "ses_2" ? "named" : null, Time.GetUtcNow());
}
