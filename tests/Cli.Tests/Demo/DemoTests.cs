using System.Text.Json;
using Espalier.Cli.Datasets;
using Espalier.Cli.Demo;
using Espalier.Cli.Tests.Fakes;
using Espalier.Cli.Traces;

namespace Espalier.Cli.Tests.Demo;

public sealed class DemoTests : IDisposable
{
    private readonly Commands _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public async Task Json_WholeLoop_OneObjectAtTheEndAndProgressOnTheSide()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server, folder: "work");

        var ended = await _commands.RunAsync("demo", "--seed", "7", "--requests", "300", "--data-dir", "work", "--json");

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Out.TrimEnd('\n').ShouldNotContain('\n');
        var result = ended.Json;
        result.GetProperty("seed").GetInt64().ShouldBe(7);
        result.GetProperty("budget_usd").GetDecimal().ShouldBe(2m);
        result.GetProperty("spent_usd").GetDecimal().ShouldBe(0.4m);
        result.GetProperty("cases").GetProperty("confirm").GetInt32().ShouldBe(25);
        foreach (var point in result.GetProperty("frontier").EnumerateArray().Append(result.GetProperty("baseline"))) CheckPoint(point);
        result.GetProperty("baseline").GetProperty("edits").GetArrayLength().ShouldBe(0);
        result.GetProperty("live").GetProperty("before").GetProperty("requests").GetInt32().ShouldBe(210);
        result.GetProperty("live").GetProperty("after").GetProperty("requests").GetInt32().ShouldBe(90);
        File.Exists(result.GetProperty("report").GetString()).ShouldBeTrue();
        ended.Err.ShouldContain("traffic");
        ended.Err.ShouldContain("rollback");

        server.Invoked.Count.ShouldBe(300);
        var outcomes = server.Feedback.Where(item => item.Name == "outcome").ToArray();
        outcomes.Length.ShouldBe(300);
        outcomes.ShouldAllBe(item => item.Source == "system" && item.Label != null);
        server.Feedback.Count(item => item.Name == "thumbs").ShouldBeInRange(30, 90);
        server.Requests.Count(request => request == "POST /api/v1/releases/rel_1/approve").ShouldBe(2);
        server.Requests.Last().ShouldBe("POST /api/v1/shutdown");
    }

    [Fact]
    public async Task Text_WholeLoop_EndsWithTableReportAndCommands()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server, folder: "work");

        var ended = await _commands.RunAsync("demo", "--requests", "100", "--data-dir", "work");

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Out.ShouldContain("live traffic");
        ended.Out.ShouldContain("report.html");
        ended.Out.ShouldContain("espalier frontier last -C work");
        ended.Out.ShouldNotContain('\u001b');
    }

    [Fact]
    public async Task Data_OwnRequests_ReplaceTheListOfIntentsAndStayOutOfTheAgent()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server, folder: "work");
        _commands.Write("mine.csv", "question,category\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"how about number {i},label_{i % 3}\n")));

        var ended = await _commands.RunAsync("demo", "--data", "mine.csv", "--data-dir", "work");

        ended.Exit.ShouldBe(0, ended.Err);
        var agent = Path.Combine(_commands.Folder, "work", "agent");
        (await File.ReadAllTextAsync(Path.Combine(agent, "prompts", "intents.txt"), TestContext.Current.CancellationToken)).ShouldBe("label_0\nlabel_1\nlabel_2\n");
        File.Exists(Path.Combine(agent, "espalier.yaml")).ShouldBeTrue();
        File.Exists(Path.Combine(agent, "requests.jsonl")).ShouldBeFalse();
    }

    [Fact]
    public async Task DataDir_NotEmpty_IsRefused()
    {
        _commands.Write("work/old", "");

        (await _commands.RunAsync("demo", "--data-dir", "work")).Exit.ShouldBe(2);
    }

    [Fact]
    public void Shuffle_SameSeed_SameOrderWhateverTheFilesOrder()
    {
        var rows = Enumerable.Range(0, 200).Select(i => new RequestRow(i, $"text {i}", "a", null, null)).ToArray();

        var one = DemoRequests.Shuffle(rows, 1).Select(row => row.Text).ToArray();

        DemoRequests.Shuffle(rows.Reverse(), 1).Select(row => row.Text).ShouldBe(one);
        DemoRequests.Shuffle(rows, 2).Select(row => row.Text).ShouldNotBe(one);
        one.Order().ShouldBe(rows.Select(row => row.Text).Order());
    }

    [Theory]
    [InlineData("order_status", true)]
    [InlineData(" Order_Status. ", true)]
    [InlineData("order_status please", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsRight_Answers_AreComparedWithoutCaseAndFullStop(string? output, bool right) =>
        TrafficSender.IsRight(output, "order_status").ShouldBe(right);

    [Fact]
    public void Choose_NothingBetterAtTheBaselinesCost_IsNull()
    {
        var report = Testing.SampleReport.Create();
        var baseline = report.Points.Single(point => point.IsBaseline);

        var chosen = DemoRun.Choose(report.Points, baseline).ShouldNotBeNull();

        chosen.CostPerRequest.ShouldBeLessThanOrEqualTo(baseline.CostPerRequest);
        DemoRun.Choose([.. report.Points.Where(point => point.CostPerRequest > baseline.CostPerRequest)], baseline).ShouldBeNull();
    }

    private static void CheckPoint(JsonElement point)
    {
        point.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        point.GetProperty("pass_rate_low").GetDouble().ShouldBeLessThanOrEqualTo(point.GetProperty("pass_rate").GetDouble());
        point.GetProperty("pass_rate_high").GetDouble().ShouldBeGreaterThanOrEqualTo(point.GetProperty("pass_rate").GetDouble());
        point.GetProperty("cost_usd").ValueKind.ShouldBe(JsonValueKind.Number);
        point.GetProperty("edits").ValueKind.ShouldBe(JsonValueKind.Array);
    }
}
