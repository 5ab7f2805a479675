using Espalier.Cli.Tests.Fakes;

namespace Espalier.Cli.Tests.Output;

public sealed class UsageErrorsTests
{
    public static TheoryData<string> Wrong { get; } = new(
        "optimise",
        "sessions",
        "sessions lst",
        "session",
        "compare a",
        "frontier --fromat csv",
        "frontier a b",
        "optimize --seed x",
        "optimize --budget",
        "demo --budget $",
        "demo --budget -1usd",
        "demo --requests 3",
        "demo --data nothing.jsonl",
        "up --port 99999",
        "status --server ftp://x",
        "status -C /no/such/folder",
        "completions fish",
        "help --nothing",
        "init --protocol http --command x");

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task RunAsync_WrongArguments_ThreeLinesAndExit2(string line)
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync(line.Split(' '));

        ended.Exit.ShouldBe(2);
        ended.Out.ShouldBeEmpty();
        ended.ErrorLines.Length.ShouldBe(3, ended.Err);
        ended.ErrorLines[0].ShouldStartWith("error: ");
        ended.ErrorLines[1].ShouldStartWith("why:   ");
        ended.ErrorLines[2].ShouldStartWith("fix:   ");
        ended.Err.ShouldNotContain("System.");
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task RunAsync_WrongArgumentsWithJson_OneErrorObject(string line)
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync([.. line.Split(' '), "--json"]);

        ended.Exit.ShouldBe(2);
        ended.Out.ShouldBeEmpty();
        var error = System.Text.Json.JsonDocument.Parse(ended.ErrorLines.ShouldHaveSingleItem()).RootElement.GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        error.GetProperty("fix").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task RunAsync_UnknownCommand_NamesNearestThree()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync("fronteir");

        ended.ErrorLines[1].ShouldBe("why:   The nearest are frontier, doctor, agents.", StringCompareShould.IgnoreLineEndings);
        ended.ErrorLines[2].ShouldContain("espalier frontier");
    }

    [Fact]
    public async Task RunAsync_EmptyBudget_SaysThatTheShellAteIt()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync("demo", "--budget", "");

        ended.Exit.ShouldBe(2);
        ended.Err.ShouldContain("Quote it");
    }
}
