using Espalier.Contracts.Agents;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Search;
using Espalier.Core.Releases;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class ReleaseStoreContract : StoreContract<IReleaseStore>
{
    private static readonly VersionId A = new(new string('a', 40));
    private static readonly VersionId B = new(new string('b', 40));

    [Fact]
    public async Task ReadAsync_EveryKindOfEvent_ComesBackOldestFirst()
    {
        ReleaseEvent[] events =
        [
            new ReleaseEvent.Registered(A) { Release = new("rel_1"), Agent = "support", At = Time.GetUtcNow(), By = "import" },
            new ReleaseEvent.Requested(B, A, new SessionId("ses_1"), "digest") { Release = new("rel_2"), Agent = "support", At = Time.GetUtcNow(), By = "ann" },
            new ReleaseEvent.Requested(B, A, null, "digest") { Release = new("rel_3"), Agent = "support", At = Time.GetUtcNow(), By = Hostile },
            new ReleaseEvent.Approved("digest") { Release = new("rel_2"), Agent = "support", At = Time.GetUtcNow(), By = "bob" },
            new ReleaseEvent.RolledBack(A, Hostile) { Release = new("rel_2"), Agent = "support", At = Time.GetUtcNow(), By = "ann" },
        ];
        foreach (var one in events) await Store.AppendAsync(one, Cancellation);
        await Store.AppendAsync(events[0] with { Agent = "other" }, Cancellation);

        (await Store.ReadAsync("support", Cancellation)).ShouldBe(events);
        (await Store.ReadAsync("other", Cancellation)).ShouldHaveSingleItem();
        (await Store.ReadAsync("nobody", Cancellation)).ShouldBeEmpty();
    }
}
