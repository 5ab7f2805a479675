using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Runs;

public sealed class StdioRunTests : IAsyncDisposable
{
    private readonly RunnerFixture _fixture = new();

    [Fact]
    public async Task Run_Answer_IsCompletedWithMeasuredUsage()
    {
        var version = _fixture.AddVersion();
        var run = await RunAsync(version, "say  größe 😀 \n\n");
        run.Outcome.ShouldBe(new Outcome.Completed(" größe 😀"));
        run.Usage.Cost.ShouldBe(new Usd(5));
        run.Version.ShouldBe(version.Id);
        run.TraceId.Value.Length.ShouldBe(32);
        run.TraceId.RootSpan().Value.Length.ShouldBe(16);
        run.Duration.ShouldBeGreaterThan(TimeSpan.Zero);
        _fixture.Tokens.Living.ShouldBe(0);
    }

    [Fact]
    public async Task Run_SameTree_IsWrittenToDiskOnce()
    {
        var version = _fixture.AddVersion();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(version, "say hi")));
        _fixture.Repository.Materialized.ShouldBe(1);
    }

    [Fact]
    public async Task Run_GatewayCall_IsOfThisRun()
    {
        var version = _fixture.AddVersion();
        var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => _fixture.RunAsync(version, "gateway", RunProtocol.Stdio, caseId: $"case{i}")));
        runs.Select(run => Output(run)).ShouldBe(Enumerable.Range(0, 6).Select(i => $"/v1/chat/completions {version.Id} case{i}"));
    }

    [Fact]
    public async Task Run_NonZeroExit_IsTheAgentsFailureWithStderr()
    {
        var failed = Failed(await RunAsync("crash"));
        failed.At.ShouldBe(Boundary.Agent);
        failed.Reason.ShouldContain("exit code 1");
        failed.Stderr.ShouldBe("out of ideas");
    }

    [Fact]
    public async Task Run_UnknownCommand_SaysWhatToCheck()
    {
        var run = await _fixture.RunAsync(_fixture.AddVersion(), "x", RunProtocol.Stdio, contract => contract with { Command = "pythom3 agent.py" });
        Failed(run).Reason.ShouldContain("not found in the sandbox");
        Failed(run).Stderr.ShouldContain("pythom3");
    }

    [Fact]
    public async Task Run_Hang_TimesOutAndLeavesNothing()
    {
        var limit = TimeSpan.FromSeconds(1);
        var run = await _fixture.RunAsync(_fixture.AddVersion(), "hang", RunProtocol.Stdio, contract => contract with { Timeout = limit });
        run.Outcome.ShouldBe(new Outcome.TimedOut(limit));
        run.Usage.Calls.ShouldBe(1, "what was spent until then counts");
        _fixture.Tokens.Living.ShouldBe(0);
    }

    [Fact]
    public async Task Run_Flood_EndsEarlyInBoundedMemory()
    {
        var version = _fixture.AddVersion();
        await RunAsync(version, "say warm");
        var before = GC.GetTotalAllocatedBytes();
        var failed = Failed(await RunAsync(version, "flood"));
        failed.Reason.ShouldContain("1048576 bytes");
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(16 << 20);
    }

    [Fact]
    public async Task Run_OverMemory_SaysWhichLimit()
    {
        var failed = Failed(await RunAsync("memory"));
        (failed.Reason + failed.Stderr).ShouldMatch("256 MiB|MemoryError");
    }

    [Fact]
    public async Task Run_InputNotRead_IsNoFailure() =>
        (await _fixture.RunAsync(_fixture.AddVersion(), new string('x', 4 << 20), RunProtocol.Stdio, contract => contract with { Command = "echo done" }))
            .Outcome.ShouldBe(new Outcome.Completed("done"));

    [Fact]
    public async Task Run_LargeInput_ArrivesWhole() =>
        Output(await _fixture.RunAsync(_fixture.AddVersion(), new string('x', 4 << 20), RunProtocol.Stdio, contract => contract with { Command = "wc -c" }))
            .ShouldBe((4 << 20).ToString());

    [Theory]
    [InlineData("say fine")]
    [InlineData("crash")]
    public async Task Run_RefusedByBudget_IsOverBudget(string input)
    {
        _fixture.Tokens.Measure = _fixture.Tokens.Measure with { Refusal = "0.05 USD are spent", RefusedByBudget = true };
        (await RunAsync(input)).Outcome.ShouldBe(new Outcome.OverBudget(new Usd(7), "0.05 USD are spent", null));
    }

    [Fact]
    public async Task Run_FailedAfterProviderError_IsTheProvidersFailure()
    {
        _fixture.Tokens.Measure = _fixture.Tokens.Measure with { ProviderError = "502 from the provider" };
        Failed(await RunAsync("crash")).At.ShouldBe(Boundary.Provider);
        (await RunAsync("say recovered")).Outcome.ShouldBe(new Outcome.Completed("recovered"));
    }

    [Fact]
    public async Task Run_NoSandbox_RefusesWithTheFix()
    {
        await using var fixture = new RunnerFixture(options => options.ForwarderPath = "/nowhere");
        var refusal = await Should.ThrowAsync<Refusal>(() => fixture.RunAsync(fixture.AddVersion(), "say hi", RunProtocol.Stdio));
        refusal.Code.ShouldBe("sandbox-unavailable");
        refusal.Status.ShouldBe(503);
        refusal.Fix.ShouldContain("build.sh");
    }

    [Fact]
    public async Task Run_Cancelled_ThrowsAndLeavesNoToken()
    {
        var version = _fixture.AddVersion();
        await RunAsync(version, "say warm");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Should.ThrowAsync<OperationCanceledException>(
            () => _fixture.RunAsync(version, "hang", RunProtocol.Stdio, cancellationToken: stop.Token));
        _fixture.Tokens.Living.ShouldBe(0);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private Task<Run> RunAsync(string input) => RunAsync(_fixture.AddVersion(), input);

    private Task<Run> RunAsync(AgentVersion version, string input) => _fixture.RunAsync(version, input, RunProtocol.Stdio);

    private static string Output(Run run) => run.Outcome.ShouldBeOfType<Outcome.Completed>(run.Outcome.ToString()).Output;

    private static Outcome.Failed Failed(Run run) => run.Outcome.ShouldBeOfType<Outcome.Failed>(run.Outcome.ToString());
}
