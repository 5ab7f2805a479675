using System.Text.Json;
using Espalier.Cli.Tests.Fakes;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;

namespace Espalier.Cli.Tests.Output;

public sealed class AnswersTests
{
    public static TheoryData<string> Working { get; } = new(
        "status",
        "version",
        "doctor",
        "agents list",
        "agents show support-triage",
        "agent list",
        "agents import .",
        "agents call-sites support-triage",
        "agents call-sites served-elsewhere",
        "approvals list",
        "approvals list --agent support-triage --state pending",
        "approvals approve appr_1",
        "approvals deny appr_1",
        "run --input parcel",
        "run best --input parcel",
        "compare baseline production",
        "traces list --since 7d",
        "traces show 0af7651916cd43dd8448eb211c80319c",
        "traces totals --purpose production",
        "traces feedback 0af7651916cd43dd8448eb211c80319c --label order_status",
        "datasets list",
        "datasets show traffic",
        "datasets show traffic --split search",
        "datasets build",
        "judge run --dataset traffic --budget 1usd",
        "optimize --budget 1usd",
        "optimize --budget 1usd --detach",
        "frontier",
        "frontier last",
        "sessions list",
        "sessions show demo",
        "release 1a2b3c4d --approve",
        "release 1a2b3c4d",
        "approve --yes",
        "rollback --reason tired",
        "releases list",
        "audit",
        "audit verify");

    [Theory]
    [MemberData(nameof(Working))]
    public async Task Json_EveryCommand_StandardOutputIsOneDocument(string line)
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync([.. line.Split(' '), "--json"]);

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Out.TrimEnd('\n').ShouldNotContain('\n');
        ended.Json.ValueKind.ShouldBe(JsonValueKind.Object);
        ended.Out.ShouldNotContain('\u001b');
    }

    [Theory]
    [MemberData(nameof(Working))]
    public async Task Text_EveryCommandPiped_HasNoEscapesAndSuggestsNothing(string line)
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);
        commands.Variables["CI"] = "1";
        commands.Variables["TERM"] = "xterm-256color";

        var ended = await commands.RunAsync(line.Split(' '));

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Out.ShouldNotBeEmpty();
        (ended.Out + ended.Err).ShouldNotContain('\u001b');
        ended.Err.ShouldNotContain("next:");
    }

    [Theory]
    [InlineData(40)]
    [InlineData(200)]
    public async Task Text_OnATerminal_CleansForeignTextAndSuggestsTheNextCommand(int width)
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);
        (commands.Terminal, commands.Width) = (true, width);

        var ended = await commands.RunAsync("traces", "list", "--no-color");

        ended.Exit.ShouldBe(0);
        ended.Out.ShouldNotContain("\u001b[31m");
        ended.Err.ShouldContain("next: espalier traces show");
    }

    [Fact]
    public async Task Approvals_ListAndDecide_SayWhatIsHeldAndWhatBecameOfIt()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);
        var listed = await commands.RunAsync("approvals", "list", "--state", "pending");
        listed.Out.ShouldContain("appr_1");
        listed.Out.ShouldContain("refund");
        (await commands.RunAsync("approvals", "approve", "appr_1")).Out.ShouldStartWith("approved until 1970-01-01 01:00:00Z, 1 of 1 left: support-triage refund {\"amount\":5");
        (await commands.RunAsync("approvals", "deny", "appr_1")).Out.ShouldStartWith("denied until 1970-01-01 01:00:00Z: support-triage refund");
        server.Requests.Where(request => request.Contains("approvals", StringComparison.Ordinal)).ShouldBe(["GET /api/v1/approvals?state=pending", "POST /api/v1/approvals/appr_1/approve", "POST /api/v1/approvals/appr_1/deny"]);
        (await commands.RunAsync("approvals", "approve", "appr_2")).Exit.ShouldBe(5);
        (await commands.RunAsync("agents", "call-sites", "served-elsewhere")).Out.ShouldContain("triage");
    }

    [Fact]
    public async Task JsonFields_KnownOnes_SelectsThem()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("sessions", "list", "--json=id,state");

        ended.Out.Trim().ShouldBe("""{"items":[{"id":"ses_01hzy","state":"completed"}]}""");
    }

    [Fact]
    public async Task JsonFields_UnknownOne_ListsTheKnown()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("sessions", "show", "--json=stat");

        ended.Exit.ShouldBe(2);
        ended.Out.ShouldBeEmpty();
        ended.Err.ShouldContain("state");
    }

    [Theory]
    [InlineData(400, 2)]
    [InlineData(401, 6)]
    [InlineData(402, 7)]
    [InlineData(403, 6)]
    [InlineData(404, 5)]
    [InlineData(409, 6)]
    [InlineData(422, 2)]
    [InlineData(500, 1)]
    [InlineData(503, 8)]
    [InlineData(507, 8)]
    public async Task Problem_FromTheServer_HasItsExitCodeAndRequestId(int status, int exit)
    {
        await using var server = await FakeServer.StartAsync();
        server.Refusal = FakeData.Problem(status, "some-problem");
        using var commands = new Commands().Against(server);

        var text = await commands.RunAsync("agents", "list");
        var json = await commands.RunAsync("agents", "list", "--json");

        text.Exit.ShouldBe(exit);
        text.ErrorLines.Length.ShouldBe(3);
        text.Err.ShouldContain("req-7");
        text.Err.ShouldContain("Do something else.");
        JsonDocument.Parse(json.Err).RootElement.GetProperty("error").GetProperty("request_id").GetString().ShouldBe("req-7");
    }

    [Fact]
    public async Task Server_NobodyThere_Exit8()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync("agents", "list", "--server", "http://127.0.0.1:9");

        ended.Exit.ShouldBe(8);
        ended.ErrorLines.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData("frontier ses_02", "ses_01hzy, demo, last")]
    [InlineData("agents show suport", "support-triage")]
    [InlineData("datasets show trafic", "traffic")]
    [InlineData("approve rel_2", "rel_1")]
    public async Task Name_Unknown_Exit5AndTheNearest(string line, string nearest)
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync([.. line.Split(' '), "--yes"]);

        ended.Exit.ShouldBe(5);
        ended.ErrorLines[1].ShouldContain(nearest);
    }

    [Fact]
    public async Task Run_NoAnswer_Exit9WithTheReason()
    {
        await using var server = await FakeServer.StartAsync();
        server.Answer = _ => FakeData.Answer("") with { Output = null, Outcome = new Outcome.Failed(Boundary.Agent, "It ended with exit 1.", "Traceback: no such file") };
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("run", "--input", "x");

        ended.Exit.ShouldBe(9);
        ended.Err.ShouldContain("Traceback: no such file");
    }

    [Fact]
    public async Task Run_InputFromStandardInput_IsSent()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);
        commands.Input = "where is my parcel";

        var ended = await commands.RunAsync("run", "--input", "-");

        ended.Out.Trim().ShouldBe("order_status");
        server.Invoked.ShouldHaveSingleItem().Input.ShouldBe("where is my parcel");
    }

    [Fact]
    public async Task Approve_AnotherDigest_Exit6()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        (await commands.RunAsync("approve", "rel_1", "--digest", "other")).Exit.ShouldBe(6);
    }

    [Fact]
    public async Task Optimize_NobodyToAskAndNoBudget_RefusesAndNamesTheFlag()
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("optimize");

        ended.Exit.ShouldBe(2);
        ended.Err.ShouldContain("forecast:");
        ended.Err.ShouldContain("--budget");
        server.Requests.ShouldNotContain("POST /api/v1/sessions");
    }

    [Fact]
    public async Task Optimize_StoppedAtTheBudget_Exit7WithTheResult()
    {
        await using var server = await FakeServer.StartAsync();
        server.Report = server.Report with { Stop = server.Report.Stop with { Rule = "budget" } };
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("optimize", "--budget", "1usd");

        ended.Exit.ShouldBe(7);
        ended.Out.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("budget-spent", 7)]
    [InlineData("baseline-broken", 9)]
    [InlineData(null, 9)]
    public async Task Optimize_FailedSession_ExitTellsALimitByItsCode(string? code, int exit)
    {
        await using var server = await FakeServer.StartAsync();
        server.Sessions[0] = FakeData.Session(SessionState.Failed) with { Code = code, Reason = "It says budget.", Fix = "Do something." };
        using var commands = new Commands().Against(server);

        (await commands.RunAsync("optimize", "--budget", "1usd")).Exit.ShouldBe(exit);
    }

    [Fact]
    public async Task Optimize_FailedSession_SaysReasonAndFix()
    {
        await using var server = await FakeServer.StartAsync();
        server.Sessions[0] = FakeData.Session(SessionState.Failed) with { Reason = "The disk is full.", Fix = "Free some space." };
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("optimize", "--budget", "1usd");

        ended.Exit.ShouldBe(9);
        ended.Err.ShouldContain("The disk is full.");
        ended.Err.ShouldContain("Free some space.");
    }

    [Fact]
    public async Task Optimize_Interrupted_StopsTheSessionAndPrintsTheResumeCommand()
    {
        await using var server = await FakeServer.StartAsync();
        server.KeepsRunning = true;
        using var commands = new Commands().Against(server);
        using var interrupt = new CancellationTokenSource();

        var running = commands.InterruptibleAsync(["optimize", "--budget", "1usd"], interrupt.Token);
        await Wait.UntilAsync(() => server.Requests.Any(request => request.Contains("/watch", StringComparison.Ordinal)));
        await interrupt.CancelAsync();
        var ended = await running;

        ended.Exit.ShouldBe(130);
        ended.Err.ShouldContain("espalier optimize --resume ses_01hzy");
        server.Requests.ShouldContain("POST /api/v1/sessions/ses_01hzy/stop");
    }

    [Fact]
    public async Task Version_OfTheServerDiffers_SaysBoth()
    {
        await using var server = await FakeServer.StartAsync();
        server.Version = "9.9.9";
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("agents", "list");

        ended.Err.ShouldContain("9.9.9");
        ended.Err.ShouldContain("0.1.0");
    }

    [Theory]
    [InlineData("report.html", "<html></html>")]
    [InlineData("plot.svg", "<svg/>")]
    [InlineData("points.csv", "version,baseline")]
    [InlineData("frontier.md", "| version |")]
    [InlineData("frontier.json", "\"points\"")]
    [InlineData("frontier.txt", "%")]
    public async Task Frontier_ToAFile_WritesTheFormOfItsEnding(string file, string part)
    {
        await using var server = await FakeServer.StartAsync();
        using var commands = new Commands().Against(server);

        var ended = await commands.RunAsync("frontier", "-o", file);

        ended.Exit.ShouldBe(0, ended.Err);
        (await File.ReadAllTextAsync(Path.Combine(commands.Folder, file), TestContext.Current.CancellationToken)).ShouldContain(part);
    }

    [Fact]
    public async Task Init_PythonAgent_WritesAContractAndRefusesToWriteOverIt()
    {
        using var commands = new Commands();
        commands.Write("agent.py", "print()");

        var first = await commands.RunAsync("init", "--name", "my-agent");
        var second = await commands.RunAsync("init", "--name", "my-agent");

        first.Exit.ShouldBe(0, first.Err);
        var text = await File.ReadAllTextAsync(Path.Combine(commands.Folder, "espalier.yaml"), TestContext.Current.CancellationToken);
        text.ShouldContain("agent: my-agent");
        text.ShouldContain("command: python3 agent.py");
        text.ShouldNotContain("{{");
        second.Exit.ShouldBe(2);
    }
}
