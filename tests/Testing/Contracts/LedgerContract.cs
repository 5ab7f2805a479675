using System.Collections.Concurrent;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

public abstract class LedgerContract : StoreContract<ILedger>
{
    private static readonly BudgetId Line = new("production");

    [Fact]
    public async Task ReadAsync_LineNeverOpened_ReturnsNull() => (await Store.ReadAsync(Line, Cancellation)).ShouldBeNull();

    [Fact]
    public async Task TryReserveAsync_NoLineOpen_Throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => Store.TryReserveAsync(Line, "k", new Usd(1), Cancellation));

    [Fact]
    public async Task TryReserveAsync_UpToTheLimit_IsTakenAndOneMoreIsNot()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        (await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation)).ShouldBeNull();
        (await Store.TryReserveAsync(Line, "b", new Usd(40), Cancellation)).ShouldBeNull();
        var refused = (await Store.TryReserveAsync(Line, "c", new Usd(1), Cancellation)).ShouldNotBeNull();
        refused.ShouldBe(State(Line, 100, spent: 0, reserved: 100));
        (await Store.ReadAsync(Line, Cancellation)).ShouldBe(refused);
    }

    [Fact]
    public async Task TryReserveAsync_SameKeyTwice_TakesOnce()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation);
        (await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation)).ShouldBeNull();
        await ShouldBe(spent: 0, reserved: 60);
        await Store.SettleAsync("a", new Usd(50), Cancellation);
        (await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation)).ShouldBeNull();
        await ShouldBe(spent: 50, reserved: 0);
    }

    [Fact]
    public async Task TryReserveAsync_UnlimitedLine_IsAlwaysTaken()
    {
        await Store.OpenAsync(Line, null, Cancellation);
        (await Store.TryReserveAsync(Line, "a", new Usd(5_000_000_000_000_000), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task TryReserveAsync_SameKeyAfterRelease_TakesAnew()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation);
        await Store.ReleaseAsync("a", Cancellation);
        await ShouldBe(spent: 0, reserved: 0);
        await Store.TryReserveAsync(Line, "a", new Usd(70), Cancellation);
        await ShouldBe(spent: 0, reserved: 70);
    }

    [Fact]
    public async Task SettleAsync_MoreThanReserved_CountsWhatWasBilled()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "a", new Usd(90), Cancellation);
        await Store.SettleAsync("a", new Usd(130), Cancellation);
        await Store.SettleAsync("a", new Usd(999), Cancellation);
        await Store.ReleaseAsync("a", Cancellation);
        await ShouldBe(spent: 130, reserved: 0);
        (await Store.TryReserveAsync(Line, "b", new Usd(1), Cancellation)).ShouldNotBeNull();
        // A model that costs nothing does not stop with the money.
        (await Store.TryReserveAsync(Line, "c", new Usd(0), Cancellation)).ShouldBeNull();
        await ShouldBe(spent: 130, reserved: 0);
    }

    [Fact]
    public async Task SettleAsync_AfterRelease_CountsWhatWasSpentAllTheSame()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation);
        await Store.ReleaseAsync("a", Cancellation);
        await Store.ReleaseAsync("a", Cancellation);
        await Store.SettleAsync("a", new Usd(10), Cancellation);
        await ShouldBe(spent: 10, reserved: 0);
    }

    [Fact]
    public async Task SettleAsync_UnknownKey_Throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => Store.SettleAsync("nobody", new Usd(1), Cancellation));

    [Fact]
    public async Task ReleaseAsync_UnknownKey_ChangesNothing()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.ReleaseAsync("nobody", Cancellation);
        await ShouldBe(spent: 0, reserved: 0);
    }

    [Fact]
    public async Task OpenAsync_OpenLine_ChangesItsLimitOnly()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "a", new Usd(60), Cancellation);
        await Store.SettleAsync("a", new Usd(60), Cancellation);
        await Store.OpenAsync(Line, new Usd(50), Cancellation);
        (await Store.ReadAsync(Line, Cancellation)).ShouldBe(State(Line, 50, spent: 60, reserved: 0));
        (await Store.TryReserveAsync(Line, "b", new Usd(1), Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task TryReserveAsync_ParentIsFull_NamesTheParentAndTakesNothing()
    {
        var (parent, child, other) = (new BudgetId("session/7"), new BudgetId("session/7/search"), new BudgetId("session/71"));
        await Store.OpenAsync(parent, new Usd(100), Cancellation);
        await Store.OpenAsync(child, new Usd(80), Cancellation);
        await Store.OpenAsync(other, new Usd(5), Cancellation);
        (await Store.TryReserveAsync(child, "a", new Usd(70), Cancellation)).ShouldBeNull();
        (await Store.TryReserveAsync(child, "b", new Usd(20), Cancellation))!.Id.ShouldBe(child);
        (await Store.TryReserveAsync(parent, "c", new Usd(25), Cancellation)).ShouldBeNull();
        (await Store.TryReserveAsync(child, "d", new Usd(10), Cancellation))!.Id.ShouldBe(parent);
        await Store.SettleAsync("a", new Usd(60), Cancellation);
        (await Store.ReadAsync(child, Cancellation)).ShouldBe(State(child, 80, spent: 60, reserved: 0));
        (await Store.ReadAsync(parent, Cancellation)).ShouldBe(State(parent, 100, spent: 60, reserved: 25));
        (await Store.ReadAsync(other, Cancellation)).ShouldBe(State(other, 5, spent: 0, reserved: 0));
    }

    [Fact]
    public async Task ExpireAsync_OldReservation_IsGivenBackAndStillSettles()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "old", new Usd(60), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(10));
        await Store.TryReserveAsync(Line, "new", new Usd(30), Cancellation);
        (await Store.ExpireAsync(TimeSpan.FromMinutes(5), Cancellation)).ShouldBe(1);
        (await Store.ExpireAsync(TimeSpan.FromMinutes(5), Cancellation)).ShouldBe(0);
        await ShouldBe(spent: 0, reserved: 30);
        await Store.SettleAsync("old", new Usd(7), Cancellation);
        await ShouldBe(spent: 7, reserved: 30);
        (await Store.ExpireAsync(TimeSpan.Zero, Cancellation)).ShouldBe(1);
        await ShouldBe(spent: 7, reserved: 0);
    }

    [Fact]
    public async Task TryReserveAsync_LeaseOver_IsGivenBackByItselfAndStillSettles()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "leaked", new Usd(60), TimeSpan.FromMinutes(1), Cancellation);
        await Store.TryReserveAsync(Line, "long", new Usd(30), TimeSpan.FromMinutes(10), Cancellation);
        (await Store.TryReserveAsync(Line, "more", new Usd(50), TimeSpan.FromMinutes(1), Cancellation)).ShouldNotBeNull();
        Time.Advance(TimeSpan.FromMinutes(1));
        (await Store.TryReserveAsync(Line, "more", new Usd(50), TimeSpan.FromMinutes(1), Cancellation)).ShouldBeNull();
        await ShouldBe(spent: 0, reserved: 80);
        await Store.SettleAsync("leaked", new Usd(5), Cancellation);
        await ShouldBe(spent: 5, reserved: 80);
        Time.Advance(TimeSpan.FromMinutes(9));
        await ShouldBe(spent: 5, reserved: 0);
    }

    [Fact]
    public async Task ChargeAsync_SameKeyTwice_CountsOnceWhateverTheLimit()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Should.ThrowAsync<InvalidOperationException>(() => Store.ChargeAsync(new BudgetId("nowhere"), "k", new Usd(1), Cancellation));
        (await Store.ChargeAsync(Line, "batch_1/line 1", new Usd(150), Cancellation)).ShouldBeTrue();
        (await Store.ChargeAsync(Line, "batch_1/line 1", new Usd(150), Cancellation)).ShouldBeFalse();
        (await Store.ChargeAsync(Line, "batch_1/line 2", new Usd(7), Cancellation)).ShouldBeTrue();
        await ShouldBe(spent: 157, reserved: 0);
    }

    [Fact]
    public async Task ChargeAsync_WhatWasReserved_EndsTheReservation()
    {
        await Store.OpenAsync(Line, new Usd(100), Cancellation);
        await Store.TryReserveAsync(Line, "k", new Usd(40), Cancellation);
        (await Store.ChargeAsync(Line, "k", new Usd(30), Cancellation)).ShouldBeTrue();
        await ShouldBe(spent: 30, reserved: 0);
    }

    [Fact]
    public async Task TryReserveAsync_EqualKeysAtOnce_TakesOnce()
    {
        await Store.OpenAsync(Line, new Usd(1000), Cancellation);
        for (var key = 0; key < 20; key++)
        {
            var name = $"key {key}";
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Store.TryReserveAsync(Line, name, new Usd(10), Cancellation))));
        }

        await ShouldBe(spent: 0, reserved: 200);
    }

    [Fact]
    public async Task OpenAsync_Project_IsAboveEveryLineAndNobodysOwn()
    {
        await Store.OpenAsync(new BudgetId("keys/a"), null, Cancellation);
        await Store.OpenAsync(new BudgetId("session/7"), null, Cancellation);
        await Store.ChargeAsync(new BudgetId("keys/a"), "early", new Usd(30), Cancellation);
        await Store.TryReserveAsync(new BudgetId("session/7"), "open", new Usd(20), Cancellation);
        await Store.OpenAsync(BudgetLines.Project, new Usd(100), Cancellation);
        var project = (await Store.ReadAsync(BudgetLines.Project, Cancellation)).ShouldNotBeNull();
        (project.Spent, project.Reserved).ShouldBe((new Usd(30), new Usd(20)));
        (await Store.TryReserveAsync(new BudgetId("keys/a"), "fits", new Usd(50), Cancellation)).ShouldBeNull();
        (await Store.TryReserveAsync(new BudgetId("session/7/search"), "full", new Usd(1), Cancellation)).ShouldNotBeNull().Id.ShouldBe(BudgetLines.Project);
        await Should.ThrowAsync<InvalidOperationException>(() => Store.TryReserveAsync(new BudgetId("nowhere"), "k", new Usd(1), Cancellation));
        await Store.OpenAsync(BudgetLines.Project, null, Cancellation);
        (await Store.TryReserveAsync(new BudgetId("session/7/search"), "full", new Usd(1), Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task TryReserveAsync_SixtyFourAtOnceOnEveryLine_NoLineIsOverrunAndEachIsTheSumOfWhatIsBelow(long seed)
    {
        (string Line, long? Limit)[] lines =
        [
            ("project", 17_950), ("keys", 11_000), ("keys/a", 6000), ("keys/a/run_1", 2500), ("keys/b", null), ("session", null), ("session/7", 7000), ("session/7/search", 5000),
        ];
        foreach (var (line, limit) in lines) await Store.OpenAsync(new BudgetId(line), limit is { } nano ? new Usd(nano) : null, Cancellation);
        string[] spenders = ["keys/a/run_1", "keys/a/run_2", "keys/b", "session/7", "session/7/search"];
        var refused = new ConcurrentBag<string>();
        var spent = await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            var rng = new Seed(seed).For("writer", writer);
            var mine = new Dictionary<string, long>();
            for (var i = 0; i < 40; i++)
            {
                var (line, amount, key) = (spenders[rng.Next(spenders.Length)], rng.Next(40) + 1, $"{writer}/{i}");
                if (await Store.TryReserveAsync(new BudgetId(line), key, new Usd(amount), Cancellation) is { } full) refused.Add(full.Id.Value);
                else if (rng.Next(5) == 0) await Store.ReleaseAsync(key, Cancellation);
                else
                {
                    await Store.SettleAsync(key, new Usd(amount - rng.Next(2)), Cancellation);
                    mine[line] = mine.GetValueOrDefault(line) + 1;
                }
            }

            return mine;
        })));
        spent.Sum(mine => mine.Values.Sum()).ShouldBeGreaterThan(100);
        refused.Distinct().Count().ShouldBeGreaterThan(2, "several lines were full, so refusals of each height were tested");
        foreach (var (line, limit) in lines)
        {
            var state = (await Store.ReadAsync(new BudgetId(line), Cancellation)).ShouldNotBeNull();
            state.Reserved.ShouldBe(Usd.Zero, line);
            if (limit is { } most) state.Spent.Nano.ShouldBeLessThanOrEqualTo(most, line);
            if (Store is ILedgerAudit audit) (await audit.SumAsync(new BudgetId(line), Cancellation)).ShouldBe(state.Spent, line);
        }

        (await ReadSettledAsync("project")).ShouldBe(await ReadSettledAsync("keys") + await ReadSettledAsync("session"));

        async Task<long> ReadSettledAsync(string line) => (await Store.ReadAsync(new BudgetId(line), Cancellation))?.Spent.Nano ?? 0;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TryReserveAsync_SixtyFourAtOnce_NeverOverrunsTheLimitAndTheEntriesAddUp(long seed)
    {
        var (session, search) = (new BudgetId("session/7"), new BudgetId("session/7/search"));
        await Store.OpenAsync(session, new Usd(20_000), Cancellation);
        await Store.OpenAsync(search, new Usd(15_000), Cancellation);
        var billed = await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(() => SpendAsync(writer))));

        var lower = (await Store.ReadAsync(search, Cancellation)).ShouldNotBeNull();
        var upper = (await Store.ReadAsync(session, Cancellation)).ShouldNotBeNull();
        lower.Spent.Nano.ShouldBe(billed.Sum(amounts => amounts.Search));
        upper.Spent.Nano.ShouldBe(billed.Sum(amounts => amounts.Search + amounts.Session));
        (lower.Reserved, upper.Reserved).ShouldBe((Usd.Zero, Usd.Zero));
        (lower.Spent <= lower.Limit!.Value).ShouldBeTrue();
        (upper.Spent <= upper.Limit!.Value).ShouldBeTrue();
        upper.Spent.Nano.ShouldBeGreaterThan(19_800, "the limit was reached, so the refusals were tested");
        if (Store is ILedgerAudit audit)
        {
            (await audit.SumAsync(search, Cancellation)).ShouldBe(lower.Spent);
            (await audit.SumAsync(session, Cancellation)).ShouldBe(upper.Spent);
        }

        async Task<(long Search, long Session)> SpendAsync(int writer)
        {
            var rng = new Seed(seed).For("writer", writer);
            var (inSearch, inSession) = (0L, 0L);
            for (var i = 0; i < 30; i++)
            {
                var (line, amount, key) = (rng.Next(3) == 0 ? session : search, rng.Next(40) + 1, $"{writer}/{i}");
                if (await Store.TryReserveAsync(line, key, new Usd(amount), Cancellation) is { } full)
                {
                    (full.Spent + full.Reserved <= full.Limit!.Value).ShouldBeTrue();
                    continue;
                }

                if (rng.Next(5) == 0)
                {
                    await Store.ReleaseAsync(key, Cancellation);
                    continue;
                }

                var spent = amount - rng.Next(2);
                await Store.SettleAsync(key, new Usd(spent), Cancellation);
                if (line == search) inSearch += spent;
                else inSession += spent;
            }

            return (inSearch, inSession);
        }
    }

    private async Task ShouldBe(long spent, long reserved) =>
        (await Store.ReadAsync(Line, Cancellation)).ShouldBe(State(Line, 100, spent, reserved) with
        {
            Limit = (await Store.ReadAsync(Line, Cancellation))!.Limit,
        });

    private static BudgetState State(BudgetId id, long limit, long spent, long reserved) =>
        new() { Id = id, Limit = new Usd(limit), Spent = new Usd(spent), Reserved = new Usd(reserved) };
}
