using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Storage.Sqlite;
using Espalier.Storage.Sqlite.Runs;
using Espalier.Testing.Fakes;

namespace Espalier.Storage.Tests.Sqlite;

/// <summary>A ledger whose process ends without a word, at any point between two writes of its rows.</summary>
public sealed class SqliteLedgerCrashTests : IDisposable
{
    private static readonly BudgetId Project = new("project");
    private static readonly BudgetId Key = new("project/key");

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_AfterAKill_KnowsEverythingThatReturned()
    {
        await WithLedgerAsync(async ledger =>
        {
            await ledger.OpenAsync(Project, new Usd(1000), Cancellation);
            await ledger.OpenAsync(Key, new Usd(500), Cancellation);
            await ledger.TryReserveAsync(Key, "settled", new Usd(100), Cancellation);
            await ledger.SettleAsync("settled", new Usd(70), Cancellation);
            await ledger.TryReserveAsync(Key, "released", new Usd(100), Cancellation);
            await ledger.ReleaseAsync("released", Cancellation);
            await ledger.TryReserveAsync(Key, "in flight", new Usd(30), TimeSpan.FromMinutes(5), Cancellation);
            await ledger.ChargeAsync(Project, "batch/1", new Usd(9), Cancellation);
        });
        await WithLedgerAsync(async ledger =>
        {
            (await ledger.ReadAsync(Key, Cancellation)).ShouldBe(State(Key, 500, spent: 70, reserved: 30));
            (await ledger.ReadAsync(Project, Cancellation)).ShouldBe(State(Project, 1000, spent: 79, reserved: 30));
            (await ledger.ChargeAsync(Project, "batch/1", new Usd(9), Cancellation)).ShouldBeFalse();
            await ledger.SettleAsync("settled", new Usd(999), Cancellation);
            // The one in flight is given back when its lease is over, and what it cost counts when it comes to be known.
            _time.Advance(TimeSpan.FromMinutes(5));
            (await ledger.ReadAsync(Key, Cancellation)).ShouldBe(State(Key, 500, spent: 70, reserved: 0));
        });
        await WithLedgerAsync(async ledger =>
        {
            await ledger.SettleAsync("in flight", new Usd(25), Cancellation);
            (await ledger.ReadAsync(Key, Cancellation)).ShouldBe(State(Key, 500, spent: 95, reserved: 0));
        });
    }

    [Fact]
    public async Task Open_RecordThatWasBeingWritten_EndsTheJournalAndTakesNothingElseWithIt()
    {
        await WithLedgerAsync(async ledger =>
        {
            await ledger.OpenAsync(Project, new Usd(1000), Cancellation);
            for (var i = 0; i < 5; i++) await ledger.TryReserveAsync(Project, $"key {i}", new Usd(10), Cancellation);
        });
        var journal = Directory.GetFiles(_folder.Path, "ledger-*.journal").ShouldHaveSingleItem();
        var records = await File.ReadAllBytesAsync(journal, Cancellation);
        File.Delete(journal);
        await File.WriteAllBytesAsync(journal, records[..^3], Cancellation);
        await WithLedgerAsync(async ledger => (await ledger.ReadAsync(Project, Cancellation))!.Reserved.ShouldBe(new Usd(40)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Open_KilledAgainAndAgain_IsWhereALedgerInMemoryIs(long seed)
    {
        var rng = new Seed(seed).For("ledger");
        var model = new InMemoryLedger(_time);
        var keys = new List<string>();
        for (var life = 0; life < 8; life++)
        {
            await WithLedgerAsync(async real =>
            {
                for (var step = 0; step < 60; step++)
                {
                    await StepAsync(real, step);
                    if (rng.Next(15) == 0) await ((ILedgerAudit)real).SumAsync(Project, Cancellation);
                }
            });
        }

        await WithLedgerAsync(async real =>
        {
            foreach (var line in new[] { Project, Key }) (await real.ReadAsync(line, Cancellation)).ShouldBe(await model.ReadAsync(line, Cancellation));
            (await ((ILedgerAudit)real).SumAsync(Project, Cancellation)).ShouldBe((await model.ReadAsync(Project, Cancellation))?.Spent ?? Usd.Zero);
        });

        async Task StepAsync(ILedger real, int step)
        {
            if (keys.Count == 0 || rng.Next(3) == 0)
            {
                var line = rng.Next(2) == 0 ? Project : Key;
                if (rng.Next(12) == 0 || await model.ReadAsync(Project, Cancellation) is null)
                {
                    var limit = new Usd(500 + rng.Next(2000));
                    foreach (var ledger in new ILedger[] { real, model })
                    {
                        await ledger.OpenAsync(Project, limit, Cancellation);
                        if (step % 2 == 0) await ledger.OpenAsync(Key, null, Cancellation);
                    }
                }

                var key = $"{keys.Count}";
                keys.Add(key);
                var (amount, lease) = (new Usd(rng.Next(90)), TimeSpan.FromSeconds(1 + rng.Next(200)));
                (await real.TryReserveAsync(line, key, amount, lease, Cancellation)).ShouldBe(await model.TryReserveAsync(line, key, amount, lease, Cancellation));
                return;
            }

            var known = keys[rng.Next(keys.Count)];
            var spent = new Usd(rng.Next(100));
            switch (rng.Next(5))
            {
                case 0:
                    await Task.WhenAll(real.ReleaseAsync(known, Cancellation), model.ReleaseAsync(known, Cancellation));
                    break;
                case 1:
                    _time.Advance(TimeSpan.FromSeconds(rng.Next(30)));
                    break;
                case 2:
                    (await real.ChargeAsync(Project, known, spent, Cancellation)).ShouldBe(await model.ChargeAsync(Project, known, spent, Cancellation));
                    break;
                default:
                    var answers = new List<bool>();
                    foreach (var ledger in new ILedger[] { real, model }) answers.Add(await SettlesAsync(ledger, known, spent));
                    answers[0].ShouldBe(answers[1]);
                    break;
            }
        }
    }

    private static async Task<bool> SettlesAsync(ILedger ledger, string key, Usd spent)
    {
        try
        {
            await ledger.SettleAsync(key, spent, Cancellation);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The ledger is never closed: only the file's lock is given up, as it is when a process dies.</summary>
    private async Task WithLedgerAsync(Func<ILedger, Task> work)
    {
        await using var database = SqliteDatabase.Open(_folder.Path, _time);
        await work(new SqliteLedger(database));
    }

    private static BudgetState State(BudgetId id, long limit, long spent, long reserved) =>
        new() { Id = id, Limit = new Usd(limit), Spent = new Usd(spent), Reserved = new Usd(reserved) };
}
