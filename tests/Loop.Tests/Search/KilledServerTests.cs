using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Traces;
using Espalier.Loop.Tests.Demo;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Search;

/// <summary>The server is killed without a word in the middle of a session; the session must end as if nothing had happened.</summary>
public sealed class KilledServerTests(DemoRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resume_KilledInTheSearch_EndsWithTheUnbrokenLog()
    {
        var seen = 0;
        await KillAndResumeAsync(entry => entry.Event is SessionEvent.BlockEvaluated && ++seen == 12);
    }

    [Fact]
    public async Task Resume_KilledInTheConfirmation_EndsWithTheUnbrokenLog() =>
        await KillAndResumeAsync(entry => entry.Event is SessionEvent.BlockEvaluated { Split: Split.Confirm });

    private async Task KillAndResumeAsync(Func<StoredSessionEvent, bool> moment)
    {
        var unbroken = await runs.FirstAsync();
        await using var place = new Place();
        var folder = place["demo"];
        var data = Path.Combine(folder, ".espalier");
        await using var demo = place.Start(DemoRun.Arguments(DemoData.Write(place), 1, folder));
        await Eventually.TrueAsync(() => place.ReadServer(data) is not null, "the demo's server says where it is");

        string session;
        long acknowledged;
        TraceId[] known;
        using (var client = place.Client(data))
        {
            await Eventually.TrueAsync(async () => (await client.Sessions.ListAsync(null, Token)).Items.Count > 0, "the demo's session has started");
            session = (await client.Sessions.ListAsync(null, Token)).Items[0].Id.Value;
            acknowledged = (await client.Traces.TotalsAsync(new TraceQuery { Purpose = Purpose.Production }, Token)).Traces;
            known = [.. (await client.Traces.ListAsync(new TraceQuery { Limit = 1000 }, Token)).Items.Select(trace => trace.TraceId)];
            await foreach (var update in client.Sessions.WatchAsync(session, null, Token))
                if (update is Sdk.Search.SessionUpdate.Logged logged && moment(logged.Entry)) break;
        }

        await place.KillServerAsync(data);
        var broken = await demo.EndAsync(TimeSpan.FromSeconds(60));
        var fix = broken.FailedJson(8, "interrupted", $"optimize --resume {session}");

        var resumed = await place.RunPrintedAsync(Printed(fix) + " --json");
        resumed.Exit.ShouldBeOneOf(0, 7);
        resumed.Json.GetProperty("session").GetString().ShouldBe(session);

        SessionLog.ShouldBeSame(await DemoRun.ReadLogAsync(place, folder, session), unbroken.Log);
        using var again = place.Client(data);
        var ledger = await again.Server.BudgetAsync(new BudgetId($"session/{session}"), Token);
        ledger.Reserved.Nano.ShouldBe(0);
        ledger.Spent.Nano.ShouldBeGreaterThanOrEqualTo(await PaidAsync(again, session));
        ledger.Spent.Nano.ShouldBeLessThanOrEqualTo(ledger.Limit!.Value.Nano);
        (await again.Traces.TotalsAsync(new TraceQuery { Purpose = Purpose.Production }, Token)).Traces.ShouldBeGreaterThanOrEqualTo(acknowledged);
        foreach (var trace in known.Where((_, i) => i % 20 == 0)) (await again.Traces.GetAsync(trace, Token)).Spans.ShouldNotBeEmpty();
        known.Length.ShouldBeGreaterThan(100);
    }

    /// <summary>The command that an error tells people to type.</summary>
    private static string Printed(string fix)
    {
        var from = fix.IndexOf('`', StringComparison.Ordinal) + 1;
        from.ShouldBeGreaterThan(0, fix);
        return fix[from..fix.IndexOf('`', from)];
    }

    /// <summary>What the events say the runs cost.</summary>
    private static async Task<long> PaidAsync(Sdk.EspalierClient client, string session)
    {
        var paid = 0L;
        await foreach (var entry in client.Sessions.LogAsync(session, null, Token))
            if (entry.Event is SessionEvent.BlockEvaluated block) paid += block.Rows.Sum(row => row.Cost?.Nano ?? 0);
        return paid;
    }
}
