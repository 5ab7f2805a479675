using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Runs;

public sealed class HttpRunTests : IAsyncDisposable
{
    private readonly RunnerFixture _fixture = new(options =>
    {
        options.PoolSize = 1;
        options.MaxProcesses = 2;
    });

    [Fact]
    public async Task Run_Requests_ReuseOneWarmServer()
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        (await OutputAsync(version, "say größe \"quoted\" 😀\nline")).ShouldBe("größe \"quoted\" 😀\nline");
        (await OutputAsync(version, "pid")).ShouldBe(process);
        _fixture.Tokens.Issued.ShouldBe(1);
    }

    [Fact]
    public async Task Run_CallOfAModel_IsBoundToItsRun()
    {
        var version = _fixture.AddVersion();
        (await OutputAsync(version, "gateway")).ShouldBe($"/v1/chat/completions {version.Id}");
        var traced = await _fixture.RunAsync(version, "trace", RunProtocol.Http);
        Output(traced).ShouldBe($"00-{traced.TraceId}-{traced.TraceId.Value[16..]}-01");
    }

    [Fact]
    public async Task Run_SlowStart_WaitsUntilHealthy() => (await OutputAsync(_fixture.AddVersion(), "say ready", Env("READY_AFTER", "0.3"))).ShouldBe("ready");

    [Fact]
    public async Task Run_NeverHealthy_FailsAtTheAgentAndSaysWhatWasSeen()
    {
        var run = await RunAsync(_fixture.AddVersion(), "say x", contract => Env("READY_AFTER", "900")(contract) with
        {
            Http = contract.Http! with { Start = TimeSpan.FromSeconds(1) },
        });
        Failed(run).Reason.ShouldContain("not ready within 1 s (run.start): GET /ready answers 503");
        _fixture.Tokens.Living.ShouldBe(0);
    }

    [Theory]
    [InlineData("python3 -c 'import sys; sys.exit(\"no module named flask\")'", "exit code 1 before it was ready", "no module named flask")]
    [InlineData("sleep 100", "not ready within 1 s.*nothing listens on \\$PORT", "")]
    public async Task Run_NoServer_SaysWhatIsMissing(string command, string reason, string stderr)
    {
        var failed = Failed(await RunAsync(_fixture.AddVersion(), "say x", contract => contract with
        {
            Command = command, Http = contract.Http! with { Start = TimeSpan.FromSeconds(1) },
        }));
        failed.Reason.ShouldMatch(reason);
        failed.Stderr.ShouldBe(stderr);
    }

    [Theory]
    [InlineData("status", "answered with status 500: Traceback: no such customer", true)]
    [InlineData("garbage", "something else than a JSON object", true)]
    [InlineData("error", "reported an error: no such customer", true)]
    [InlineData("crash", "exit code 3 before it answered", false)]
    [InlineData("close", "broke off the connection", false)]
    [InlineData("endless", "more than 1048576 bytes", false)]
    public async Task Run_BadAnswer_FailsAtTheAgentAndTheServerIsReplacedWhereItIsBroken(string input, string reason, bool stays)
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        var failed = Failed(await RunAsync(version, input));
        failed.At.ShouldBe(Boundary.Agent);
        failed.Reason.ShouldContain(reason);
        if (input == "crash") failed.Stderr.ShouldBe("out of ideas");
        ((await OutputAsync(version, "pid")) == process).ShouldBe(stays);
        _fixture.Tokens.Living.ShouldBe(1);
    }

    [Fact]
    public async Task Run_Hang_TimesOutWithStderr()
    {
        var limit = TimeSpan.FromSeconds(1);
        var run = await RunAsync(_fixture.AddVersion(), "hang", contract => contract with { Timeout = limit });
        run.Outcome.ShouldBe(new Outcome.TimedOut(limit));
        _fixture.Tokens.Living.ShouldBe(0);
    }

    [Theory]
    [InlineData(RunProtocol.Http)]
    [InlineData(RunProtocol.Jsonl)]
    public async Task Run_Pieces_ReachTheListenerAndTheOutcomeHoldsTheWhole(RunProtocol protocol)
    {
        var heard = new List<string>();
        var run = await _fixture.RunAsync(_fixture.AddVersion(), "pieces", protocol, onOutput: (piece, _) =>
        {
            heard.Add(piece);
            return ValueTask.CompletedTask;
        });
        Output(run).ShouldBe("one two");
        heard.ShouldBe(["one ", "two"]);
    }

    [Fact]
    public async Task Run_Concurrency_SeveralAtOnceInOneProcessEachWithItsOwnKey()
    {
        var version = _fixture.AddVersion();
        Func<RunContract, RunContract> four = contract => Env("TOGETHER", "4")(contract) with { Http = contract.Http! with { Concurrency = 4 } };

        // The four only get past the barrier when all are in the one process that may run.
        var together = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(version, "together", four)));
        together.Select(Output).ShouldAllBe(output => output == "all were here");
        var keys = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => _fixture.RunAsync(version, "own key", RunProtocol.Http, four, $"case{i}")));
        keys.Select(run => Output(run).Split(' ')[^1]).Order().ShouldBe(Enumerable.Range(0, 12).Select(i => $"case{i}").Order());
        _fixture.Tokens.Living.ShouldBe(1);
    }

    [Fact]
    public async Task Run_OneOfSeveralBreaks_OthersEndAndTheProcessTakesNoMore()
    {
        var version = _fixture.AddVersion();
        Func<RunContract, RunContract> two = contract => Env("TOGETHER", "2")(contract) with
        {
            Http = contract.Http! with { Concurrency = 2 }, Timeout = TimeSpan.FromSeconds(2),
        };
        var process = Output(await RunAsync(version, "pid", two));
        var (hangs, meets) = (RunAsync(version, "hang", two), RunAsync(version, "close", two));
        Failed(await meets);
        (await hangs).Outcome.ShouldBeOfType<Outcome.TimedOut>();
        Output(await RunAsync(version, "pid", two)).ShouldNotBe(process);
        _fixture.Tokens.Living.ShouldBe(1);
    }

    [Fact]
    public async Task Run_Secrets_ReachTheAgentAndNothingThatIsKept()
    {
        _fixture.Secrets.Values["CRM_KEY"] = "crm-4711-secret";
        _fixture.Secrets.Values["UNASKED"] = "another-secret";
        var version = _fixture.AddVersion();
        var environment = Output(await RunAsync(version, "environment", contract => contract with { Secrets = ["CRM_KEY"] }));
        environment.ShouldNotContain("crm-4711-secret");
        environment.ShouldNotContain("another-secret");
        JsonDocument.Parse(environment).RootElement.GetProperty("CRM_KEY").GetString().ShouldBe("[secret CRM_KEY]");
    }

    [Fact]
    public async Task Run_Environment_PointsEveryClientAtTheGatewayWithTheTokenAsKey()
    {
        var variables = JsonDocument.Parse(await OutputAsync(_fixture.AddVersion(), "environment")).RootElement;
        var token = variables.GetProperty("OPENAI_API_KEY").GetString()!;
        foreach (var name in (string[])["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GOOGLE_GENAI_API_KEY", "GEMINI_API_KEY"])
            variables.GetProperty(name).GetString().ShouldBe(token);
        foreach (var name in (string[])["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_BASE", "OTEL_EXPORTER_OTLP_ENDPOINT"])
            variables.GetProperty(name).GetString().ShouldBe("http://127.0.0.1:8080");
        variables.GetProperty("OTEL_EXPORTER_OTLP_HEADERS").GetString().ShouldBe($"authorization=Bearer%20{token}");
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static Func<RunContract, RunContract> Env(string name, string value) => contract => contract with { Environment = new Dictionary<string, string> { [name] = value } };

    private static Outcome.Failed Failed(Run run) => run.Outcome.ShouldBeOfType<Outcome.Failed>();

    private static string Output(Run run) => run.Outcome.ShouldBeOfType<Outcome.Completed>().Output;

    private Task<Run> RunAsync(AgentVersion version, string input, Func<RunContract, RunContract>? change = null) =>
        _fixture.RunAsync(version, input, RunProtocol.Http, change);

    private async Task<string> OutputAsync(AgentVersion version, string input, Func<RunContract, RunContract>? change = null) => Output(await RunAsync(version, input, change));
}
