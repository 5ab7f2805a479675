using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Demo;

/// <summary>What <c>espalier demo</c> promises, looked at from outside.</summary>
public sealed partial class DemoTests(DemoRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Demo_Json_IsOneObjectWithItsFieldsInTheirRanges()
    {
        var run = await runs.FirstAsync();
        var result = run.Ended.Json;

        result.ValueKind.ShouldBe(JsonValueKind.Object);
        run.Ended.Out.TrimEnd('\n').ShouldNotContain('\n');
        result.GetProperty("seed").GetInt64().ShouldBe(1);
        result.GetProperty("budget_usd").GetDecimal().ShouldBe(0.3m);
        result.GetProperty("spent_usd").GetDecimal().ShouldBeInRange(0.000001m, 0.3m);
        var cases = result.GetProperty("cases");
        foreach (var split in new[] { "search", "confirm", "vault" }) cases.GetProperty(split).GetInt32().ShouldBeGreaterThan(0);
        var frontier = result.GetProperty("frontier").EnumerateArray().ToArray();
        frontier.ShouldNotBeEmpty();
        foreach (var point in frontier.Append(result.GetProperty("baseline")))
        {
            point.GetProperty("version").GetString()!.ShouldMatch("^[0-9a-f]{40}$");
            var (low, rate, high) = (point.GetProperty("pass_rate_low").GetDouble(), point.GetProperty("pass_rate").GetDouble(), point.GetProperty("pass_rate_high").GetDouble());
            low.ShouldBeInRange(0, rate);
            high.ShouldBeInRange(rate, 1);
            point.GetProperty("cost_usd").GetDecimal().ShouldBeGreaterThan(0);
            point.GetProperty("edits").EnumerateArray().ShouldAllBe(edit => edit.GetString()!.Length > 0);
        }

        result.GetProperty("baseline").GetProperty("edits").GetArrayLength().ShouldBe(0);
        frontier.Select(point => point.GetProperty("version").GetString()).ShouldBeUnique();
        frontier.Count(point => point.GetProperty("edits").GetArrayLength() > 0).ShouldBeGreaterThan(0, "the search found nothing");
    }

    [Fact]
    public async Task Demo_Release_ServesTheRestOfTheTraffic()
    {
        var result = (await runs.FirstAsync()).Ended.Json;

        result.GetProperty("released").GetString()!.ShouldMatch("^[0-9a-f]{40}$");
        result.GetProperty("rollback_seconds").GetDouble().ShouldBeLessThan(1);
        // A few dozen requests say little about its quality, so only that it was served and measured is asked for here.
        var after = result.GetProperty("live").GetProperty("after");
        after.GetProperty("requests").GetInt32().ShouldBeGreaterThan(50);
        after.GetProperty("pass_rate").GetDouble().ShouldBeInRange(0.1, 1);
        after.GetProperty("cost_usd").GetDecimal().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Demo_ReportAndPlot_StandAlone()
    {
        var run = await runs.FirstAsync();
        var html = await File.ReadAllTextAsync(Path.Combine(run.Folder, "report.html"), Token);
        var svg = await File.ReadAllTextAsync(Path.Combine(run.Folder, "frontier.svg"), Token);

        html.ShouldStartWith("<!doctype html", Shouldly.Case.Insensitive);
        html.ShouldContain("</html>");
        svg.ShouldStartWith("<svg");
        foreach (var text in new[] { html, svg })
            Outside().Matches(text).Select(match => match.Value).ShouldBeEmpty("nothing may be fetched from elsewhere");
        foreach (var point in run.Ended.Json.GetProperty("frontier").EnumerateArray())
            html.ShouldContain(point.GetProperty("version").GetString()![..7]);
    }

    [Fact]
    public async Task Demo_Money_IsTheSameInAllBooks()
    {
        var run = await runs.FirstAsync();
        await using var place = new Place(run.Folder);
        (await place.RunAsync("agents", "list")).Done();
        using var client = place.Client();
        var session = run.Ended.Json.GetProperty("session").GetString()!;

        var attempts = await client.Traces.TotalsAsync(new TraceQuery { Session = session }, Token);
        var ledger = await client.Server.BudgetAsync(new BudgetId($"session/{session}"), Token);
        var report = await client.Frontiers.GetAsync(session, Token);

        attempts.UnpricedCalls.ShouldBe(0);
        attempts.Cost.Nano.ShouldBe(ledger.Spent.Nano);
        report.Money.Spent.Nano.ShouldBe(ledger.Spent.Nano);
        report.Money.Agrees().ShouldBeTrue();
        ledger.Reserved.Nano.ShouldBe(0);
        ledger.Limit!.Value.Nano.ShouldBe(300_000_000);
        ledger.Spent.Nano.ShouldBeLessThanOrEqualTo(300_000_000);
        run.Ended.Json.GetProperty("spent_usd").GetDecimal().ShouldBe(ledger.Spent.Nano / 1_000_000_000m);

        // Production too: what every answer said it cost is what the ledger's line holds.
        var production = await client.Traces.TotalsAsync(new TraceQuery { Purpose = Purpose.Production }, Token);
        var line = await client.Server.BudgetAsync(new BudgetId("production/support-triage"), Token);
        line.Spent.Nano.ShouldBe(production.Cost.Nano);
        line.Reserved.Nano.ShouldBe(0);
    }

    [Fact]
    public async Task Demo_Traces_CarryVersionTokensCostAndOutcome()
    {
        var run = await runs.FirstAsync();
        await using var place = new Place(run.Folder);
        (await place.RunAsync("agents", "list")).Done();
        using var client = place.Client();
        var live = run.Ended.Json.GetProperty("live");
        var sent = live.GetProperty("before").GetProperty("requests").GetInt32() + live.GetProperty("after").GetProperty("requests").GetInt32();

        var traces = (await client.Traces.ListAsync(new TraceQuery { Purpose = Purpose.Production, Limit = 1000 }, Token)).Items;

        traces.Count.ShouldBe(sent);
        traces.ShouldAllBe(trace => trace.Version != null && trace.Cost != null && trace.Usage.InputTotal() > 0 && trace.Usage.OutputTotal() > 0 && trace.Duration > TimeSpan.Zero && trace.Attempts >= 1);
        traces.Count(trace => trace.Feedback.Any(feedback => feedback.Name == "outcome")).ShouldBe(sent);
        traces.Count(trace => trace.Feedback.Any(feedback => feedback.Name != "outcome")).ShouldBeInRange(1, sent - 1);
        traces.Select(trace => trace.Version!.Value.Value).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Demo_Dataset_HasLineageAndDisjointSplits()
    {
        var run = await runs.FirstAsync();
        await using var place = new Place(run.Folder);
        (await place.RunAsync("agents", "list")).Done();
        using var client = place.Client();

        var search = (await client.Datasets.CasesAsync("traffic", Split.Search, 1000, null, Token)).Items;
        var confirm = (await client.Datasets.CasesAsync("traffic", Split.Confirm, 1000, null, Token)).Items;

        var cases = run.Ended.Json.GetProperty("cases");
        search.Count.ShouldBe(cases.GetProperty("search").GetInt32());
        confirm.Count.ShouldBe(cases.GetProperty("confirm").GetInt32());
        search.Select(one => one.Group).Intersect(confirm.Select(one => one.Group)).ShouldBeEmpty();
        search.Select(one => one.Input).Intersect(confirm.Select(one => one.Input)).ShouldBeEmpty();
        foreach (var one in search.Take(5).Concat(confirm.Take(5)))
        {
            var trace = await client.Traces.GetAsync(one.Trace.ShouldNotBeNull(), Token);
            trace.Summary.Input.ShouldBe(one.Input);
            trace.Summary.Purpose.ShouldBe(Purpose.Production);
            one.Sources.ShouldNotBeEmpty();
        }

        foreach (var one in search.Concat(confirm)) one.Trace.ShouldNotBeNull();
    }

    [Fact]
    public async Task Demo_ForPeople_PrintsCommandsThatWork()
    {
        await using var place = new Place();
        var demo = (await place.RunAsync("demo", "--data", DemoData.Write(place), "--budget", "0.2usd", "--data-dir", "a demo")).Done();

        demo.Out.ShouldContain("report  ");
        var commands = demo.Out.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith("espalier ", StringComparison.Ordinal) && line.Contains(" -C ", StringComparison.Ordinal) && !line.Contains(" optimize ", StringComparison.Ordinal))
            .ToArray();
        commands.Select(command => command.Split(' ')[1]).ShouldBe(["frontier", "compare", "rollback", "traces"], ignoreOrder: true);
        foreach (var command in commands)
        {
            var ended = (await place.RunPrintedAsync(command)).Done();
            ended.Out.Trim().ShouldNotBeEmpty();
        }

        Percent().Count(demo.Out).ShouldBeGreaterThan(2, demo.ToString());
    }

    [Fact]
    public async Task Demo_SameSeed_WritesTheSameLogInAnotherFolder()
    {
        var first = await runs.FirstAsync();
        var again = await runs.AgainAsync();

        first.Log.Split('\n').Length.ShouldBeGreaterThan(30);
        SessionLog.ShouldBeSame(again.Log, first.Log);
        Frontier(again).ShouldBe(Frontier(first));
    }

    [Fact]
    public async Task Demo_OtherSeed_WritesAnotherLog()
    {
        var first = await runs.FirstAsync();
        var other = await runs.OtherAsync();

        other.Log.ShouldNotBe(first.Log);
        other.Ended.Json.GetProperty("seed").GetInt64().ShouldBe(2);
    }

    private static string Frontier(DemoRun run) => string.Join(
        ' ', run.Ended.Json.GetProperty("frontier").EnumerateArray().Select(point => string.Create(
            CultureInfo.InvariantCulture, $"{point.GetProperty("version").GetString()}@{point.GetProperty("pass_rate").GetDouble()}/{point.GetProperty("cost_usd").GetDecimal()}")));

    [GeneratedRegex("""(?:src|href)\s*=\s*["']?(?:https?:)?//[^"'\s>]+|@import[^;]+|url\((?!["']?(?:#|data:))[^)]+\)""", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();

    [GeneratedRegex("""\d+\.\d%""")]
    private static partial Regex Percent();
}
