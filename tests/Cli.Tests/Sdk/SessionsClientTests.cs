using Espalier.Cli.Tests.Fakes;
using Espalier.Contracts.Search;
using Espalier.Sdk;
using Espalier.Sdk.Search;

namespace Espalier.Cli.Tests.Sdk;

public sealed class SessionsClientTests
{
    [Fact]
    public async Task WatchAsync_ConnectionBreaks_GoesOnWithoutLossOrRepeat()
    {
        await using var server = await FakeServer.StartAsync();
        server.WatchBreaks = 2;
        using var client = new EspalierClient(server.Url);

        var updates = new List<SessionUpdate>();
        await foreach (var update in client.Sessions.WatchAsync("last", cancellationToken: TestContext.Current.CancellationToken)) updates.Add(update);

        updates.OfType<SessionUpdate.Logged>().Select(logged => logged.Entry.Sequence).ShouldBe([1, 2, 3]);
        updates.OfType<SessionUpdate.Standing>().Last().Summary.State.ShouldBe(SessionState.Completed);
        server.Requests.Count(request => request.Contains("/watch", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public async Task Call_Refused_CarriesCodeFixAndRequestId()
    {
        await using var server = await FakeServer.StartAsync();
        server.Refusal = FakeData.Problem(422, "contract-missing");
        using var client = new EspalierClient(server.Url, "key");

        var refusal = await Should.ThrowAsync<EspalierException>(() => client.Agents.ListAsync(TestContext.Current.CancellationToken));

        (refusal.Code, refusal.Status, refusal.Fix, refusal.RequestId).ShouldBe(("contract-missing", 422, "Do something else.", "req-7"));
        server.Keys.ShouldContain("Bearer key");
    }
}
