using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Workers.Commands;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Commands;

public sealed class SandboxCommandRunnerTests : IAsyncDisposable
{
    private readonly RunnerFixture _fixture = new();
    private readonly TestFolder _folder = new();
    private readonly SandboxCommandRunner _runner;

    public SandboxCommandRunnerTests() => _runner = new SandboxCommandRunner(_fixture.Sandbox, _fixture.Files, TimeProvider.System, _folder.Options());

    [Fact]
    public async Task Run_Command_SeesFilesAndInput()
    {
        var result = await RunAsync("cat version.txt -; echo warned >&2; exit 3", "input");
        result.ShouldBe(new CommandResult { End = CommandEnd.Exited, ExitCode = 3, Output = "oneinput", Stderr = "warned" });
    }

    [Fact]
    public async Task Run_Network_IsAbsent() =>
        (await RunAsync("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8080))'")).Stderr.ShouldContain("ConnectionRefusedError");

    [Fact]
    public async Task Run_TooLong_TimesOut() =>
        (await RunAsync("sleep 1000", timeout: TimeSpan.FromMilliseconds(500))).End.ShouldBe(CommandEnd.TimedOut);

    [Fact]
    public async Task Run_TooMuchOutput_IsEnded() => (await RunAsync("yes")).End.ShouldBe(CommandEnd.TooMuchOutput);

    [Fact]
    public async Task Run_DaemonHoldsTheOutput_ReturnsWithTheCommand() =>
        (await RunAsync("sleep 1000 & echo done")).ShouldBe(new CommandResult { End = CommandEnd.Exited, ExitCode = 0, Output = "done", Stderr = "" });

    public async ValueTask DisposeAsync()
    {
        _runner.Dispose();
        _folder.Dispose();
        await _fixture.DisposeAsync();
    }

    private Task<CommandResult> RunAsync(string command, string input = "", TimeSpan? timeout = null)
    {
        AgentVersion version = _fixture.AddVersion();
        return _runner.RunAsync(
            new CommandRequest { Version = version, Command = command, Input = input, Timeout = timeout ?? TimeSpan.FromSeconds(20) },
            TestContext.Current.CancellationToken);
    }
}
