using Espalier.Loop.Tests.Agents;

namespace Espalier.Loop.Tests.Failures;

/// <summary>Mistakes in what people write: one message that names the place and the fix.</summary>
public sealed class ContractTests(Served served)
{
    [Theory]
    [InlineData("unknown-key", "  protocol: jsonl", "  protocol: jsonl\n  comand: python3 agent.py", "comand")]
    [InlineData("no-command", "  command: python3 agent.py\n", "", "command")]
    [InlineData("wrong-protocol", "protocol: jsonl", "protocol: grpc", "protocol")]
    [InlineData("no-judge", "judge:\n  expected: normalised\n", "", "judge")]
    [InlineData("not-yaml", "artifacts:", "artifacts: [", "espalier.yaml")]
    public async Task Run_BadContract_NamesKeyAndFix(string name, string part, string other, string word)
    {
        var place = await served.PlaceAsync();
        var contract = SmallAgent.Contract(name);
        contract.ShouldContain(part);
        SmallAgent.Write(place, name, SmallAgent.Honest, contract.Replace(part, other, StringComparison.Ordinal));

        (await place.RunAsync("run", "--input", "hello", "-C", name)).Failed(2, "espalier.yaml", word);
        var doctor = await place.RunAsync("doctor", "-C", name);
        doctor.Exit.ShouldBe(2, doctor.ToString());
        doctor.Out.ShouldContain(word);
        doctor.Out.ShouldContain("fix:");
    }

    [Fact]
    public async Task Run_NoContract_SaysInit()
    {
        await using var place = new Programs.Place();

        (await place.RunAsync("run", "--input", "hello")).Failed(5, "espalier init");
        (await place.RunAsync("optimize", "--budget", "1usd")).Failed(5, "espalier init");
    }

    [Fact]
    public async Task Run_UnknownModelInModelsFile_NamesIt()
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, "unknown-model", SmallAgent.Honest, model: "local/char-nm");

        (await place.RunAsync("run", "--input", "hello", "-C", "unknown-model")).Failed(2, "models.yaml", "local/char-nm", "local/char-nn");
    }

    [Fact]
    public async Task Optimize_UnknownModel_NamesTheNearest()
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, "asks-for-model", SmallAgent.Honest);

        var ended = await place.RunAsync("optimize", "-C", "asks-for-model", "--data", place["cases.jsonl"], "--budget", "0.02usd", "--model", "local/char-nm");

        ended.Failed(2, "local/char-nm", "local/char-nn");
    }

    [Fact]
    public async Task Optimize_BudgetForNothing_SaysHowMuchMore()
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, "poor", SmallAgent.Honest);

        var ended = await place.RunAsync("optimize", "-C", "poor", "--data", place["cases.jsonl"], "--budget", "0.0001usd");

        ended.Failed(7, "budget", "--budget");
        using var client = place.Client();
        var session = (await client.Sessions.ListAsync("poor", TestContext.Current.CancellationToken)).Items.ShouldHaveSingleItem();
        session.Spent.Nano.ShouldBeLessThanOrEqualTo(100_000);
        session.Reserved.Nano.ShouldBe(0);
    }
}
