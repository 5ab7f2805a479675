using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Runs;

public sealed class JsonlRunTests : IAsyncDisposable
{
    private readonly RunnerFixture _fixture = new(options =>
    {
        options.PoolSize = 2;
        options.MaxProcesses = 3;
    });

    [Fact]
    public async Task Run_Requests_ReuseOneWarmProcess()
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        (await OutputAsync(version, "say größe \"quoted\" 😀\nline")).ShouldBe("größe \"quoted\" 😀\nline");
        (await OutputAsync(version, "pid")).ShouldBe(process);
        _fixture.Tokens.Issued.ShouldBe(1);
    }

    [Fact]
    public async Task Run_ManyAtOnceOfTwoVersions_TokensAreBoundToTheirRuns()
    {
        AgentVersion[] versions = [_fixture.AddVersion("one"), _fixture.AddVersion("two"), _fixture.AddVersion("three")];
        var asked = Enumerable.Range(0, 60).Select(i => (Version: versions[i % 3], Case: $"case{i}")).ToList();
        var runs = await Task.WhenAll(asked.Select(item => _fixture.RunAsync(item.Version, "gateway", RunProtocol.Jsonl, caseId: item.Case)));
        runs.Select(Output).ShouldBe(asked.Select(item => $"/v1/chat/completions {item.Version.Id} {item.Case}"));
        _fixture.Tokens.Living.ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task Run_OtherVersionAtTheLimit_EndsTheLeastRecentlyUsed()
    {
        var versions = Enumerable.Range(0, 4).Select(i => _fixture.AddVersion($"{i}")).ToList();
        var first = new List<string>();
        foreach (var version in versions.Take(3)) first.Add(await OutputAsync(version, "pid"));
        await OutputAsync(versions[0], "say used again");
        await OutputAsync(versions[3], "say hello");
        (await OutputAsync(versions[0], "pid")).ShouldBe(first[0]);
        (await OutputAsync(versions[2], "pid")).ShouldBe(first[2]);
        (await OutputAsync(versions[1], "pid")).ShouldNotBe(first[1]);
        (await OutputAsync(versions[1], "version")).ShouldBe("1");
        _fixture.Tokens.Living.ShouldBe(3);
    }

    [Theory]
    [InlineData("garbage", "I think the answer is 42")]
    [InlineData("wrong id", "answered request 99")]
    [InlineData("no output", "JSON line")]
    [InlineData("surrogate", "JSON line")]
    [InlineData("crash", "before it answered")]
    [InlineData("killed", "signal 9|memory limit")]
    [InlineData("memory", "memory limit|exit code 1")]
    [InlineData("flood", "1048576 bytes")]
    public async Task Run_BrokenAnswer_FailsAndProcessIsReplaced(string input, string reason)
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        var failed = (await RunAsync(version, input)).Outcome.ShouldBeOfType<Outcome.Failed>();
        failed.At.ShouldBe(Boundary.Agent);
        failed.Reason.ShouldMatch(reason);
        failed.Stderr.Length.ShouldBeLessThanOrEqualTo(4096);
        (await OutputAsync(version, "pid")).ShouldNotBe(process);
        _fixture.Tokens.Living.ShouldBe(1);
    }

    [Fact]
    public async Task Run_Crash_ShowsStderr()
    {
        var version = _fixture.AddVersion();
        await OutputAsync(version, "say warm");
        (await RunAsync(version, "crash")).Outcome.ShouldBeOfType<Outcome.Failed>().Stderr.ShouldBe("out of ideas");
    }

    [Fact]
    public async Task Run_Flood_TakesBoundedMemory()
    {
        var version = _fixture.AddVersion();
        await OutputAsync(version, "say warm");
        var before = GC.GetTotalAllocatedBytes();
        await RunAsync(version, "flood");
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(16 << 20);
    }

    [Fact]
    public async Task Run_ReportedError_FailsAndProcessStays()
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        (await RunAsync(version, "error")).Outcome.ShouldBeOfType<Outcome.Failed>().Reason.ShouldContain("no such customer");
        (await OutputAsync(version, "pid")).ShouldBe(process);
    }

    [Fact]
    public async Task Run_SecondAnswerAhead_IsNotTakenForTheNextRequest()
    {
        var version = _fixture.AddVersion();
        (await OutputAsync(version, "twice")).ShouldBe("first");
        (await OutputAsync(version, "say mine")).ShouldBe("mine");
    }

    [Fact]
    public async Task Run_Hang_TimesOutAndProcessIsReplaced()
    {
        var version = _fixture.AddVersion();
        var limit = TimeSpan.FromSeconds(1);
        (await _fixture.RunAsync(version, "hang", RunProtocol.Jsonl, contract => contract with { Timeout = limit })).Outcome
            .ShouldBe(new Outcome.TimedOut(limit));
        _fixture.Tokens.Living.ShouldBe(0);
        (await OutputAsync(version, "say alive")).ShouldBe("alive");
    }

    [Theory]
    [InlineData("python3 missing.py", "exit code 2")]
    [InlineData("no-such-program", "127 means")]
    [InlineData("true", "keeps reading lines")]
    public async Task Run_CommandThatDoesNotStart_SaysWhatToCheck(string command, string reason)
    {
        var run = await _fixture.RunAsync(_fixture.AddVersion(), "x", RunProtocol.Jsonl, contract => contract with { Command = command });
        var failed = run.Outcome.ShouldBeOfType<Outcome.Failed>();
        failed.Reason.ShouldContain("Check run.command in espalier.yaml");
        failed.Reason.ShouldContain(reason);
        if (command != "true") failed.Stderr.ShouldContain(command.Split(' ')[^1]);
    }

    [Fact]
    public async Task Cool_Version_EndsItsProcesses()
    {
        var version = _fixture.AddVersion();
        var other = _fixture.AddVersion();
        var stays = await OutputAsync(other, "pid");
        var goes = await OutputAsync(version, "pid");
        await _fixture.Runner.CoolAsync(version.Agent, version.Id, RunnerFixture.Cancel);
        _fixture.Tokens.Living.ShouldBe(1);
        (await OutputAsync(other, "pid")).ShouldBe(stays);
        (await OutputAsync(version, "pid")).ShouldNotBe(goes);
    }

    [Fact]
    public async Task EndIdle_AfterIdleTime_EndsUnusedOnly()
    {
        var (idle, used) = (_fixture.AddVersion(), _fixture.AddVersion());
        await OutputAsync(idle, "say a");
        _fixture.Time.Advance(TimeSpan.FromSeconds(90));
        var stays = await OutputAsync(used, "pid");
        _fixture.Time.Advance(TimeSpan.FromSeconds(60));
        await _fixture.Runner.EndIdleAsync();
        _fixture.Tokens.Living.ShouldBe(1);
        (await OutputAsync(used, "pid")).ShouldBe(stays);
    }

    [Fact]
    public async Task Run_ChangedContract_GetsAProcessOfItsOwn()
    {
        var version = _fixture.AddVersion();
        var process = await OutputAsync(version, "pid");
        var changed = await _fixture.RunAsync(version, "pid", RunProtocol.Jsonl, contract => contract with { MemoryBytes = 300 << 20 });
        Output(changed).ShouldNotBe(process);
    }

    [Fact]
    public async Task Dispose_WarmProcesses_AreGone()
    {
        await OutputAsync(_fixture.AddVersion(), "say hi");
        await _fixture.Runner.DisposeAsync();
        _fixture.Tokens.Living.ShouldBe(0);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private Task<Run> RunAsync(AgentVersion version, string input) => _fixture.RunAsync(version, input, RunProtocol.Jsonl);

    private async Task<string> OutputAsync(AgentVersion version, string input) => Output(await RunAsync(version, input));

    private static string Output(Run run) => run.Outcome.ShouldBeOfType<Outcome.Completed>(run.Outcome.ToString()).Output;
}
