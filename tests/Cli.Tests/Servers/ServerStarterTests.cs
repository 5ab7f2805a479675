using System.Net;
using System.Net.Sockets;
using Espalier.Cli.Tests.Fakes;

namespace Espalier.Cli.Tests.Servers;

public sealed class ServerStarterTests : IAsyncDisposable
{
    private readonly Commands _commands = new();

    public async ValueTask DisposeAsync()
    {
        await Task.CompletedTask;
        _commands.Dispose();
    }

    [Fact]
    public async Task Command_NoServerRuns_StartsOneWithItsToken()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);

        var first = await _commands.RunAsync("agents", "list");
        var second = await _commands.RunAsync("agents", "list");

        first.Exit.ShouldBe(0, first.Err);
        first.Err.ShouldContain("started a server");
        second.Err.ShouldBeEmpty();
        program.Starts.ShouldHaveSingleItem().ShouldContain("--idle-exit 30m");
        server.Keys.ShouldContain("Bearer local-token");
        (await File.ReadAllTextAsync(Path.Combine(program.Data, ".gitignore"), TestContext.Current.CancellationToken)).ShouldBe("*\n");
    }

    [Fact]
    public async Task Command_ManyAtOnce_StartOneServer()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);

        var ended = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => _commands.RunAsync("agents", "list"), TestContext.Current.CancellationToken)));

        ended.ShouldAllBe(one => one.Exit == 0);
        program.Starts.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Command_BelowAFolderThatIsServed_FindsItUpwards()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);
        Directory.CreateDirectory(Path.Combine(_commands.Folder, "a", "b"));
        await _commands.RunAsync("agents", "list");

        var ended = await _commands.RunAsync("agents", "list", "-C", "a/b");

        ended.Exit.ShouldBe(0);
        program.Starts.Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("{\"url\":\"http://127.0.0.1:9\",\"process_id\":999999999,\"version\":\"0.1.0\"}")]
    [InlineData("{\"url\":\"http://127.0.0.1:9\",\"process_id\":1,\"version\":\"0.1.0\"}")]
    [InlineData("half a fi")]
    public async Task Command_FileOfADeadServer_StartsANewOne(string file)
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);
        _commands.Write(".espalier/server.json", file);

        var ended = await _commands.RunAsync("agents", "list");

        ended.Exit.ShouldBe(0, ended.Err);
        program.Starts.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Command_ServerDiesWhileStarting_ShowsItsLastWords()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server, "#!/bin/sh\necho 'the disk is full: free some space' >&2\nexit 3\n");

        var ended = await _commands.RunAsync("agents", "list");

        ended.Exit.ShouldBe(8);
        ended.Err.ShouldContain("the disk is full: free some space");
        ended.ErrorLines[^3].ShouldContain("exit 3");
    }

    [Fact]
    public async Task Command_ServerLacksSomething_IsUsedWithAWarning()
    {
        await using var server = await FakeServer.StartAsync();
        server.Trouble = FakeData.Problem(503, "not-ready");
        using var program = new FakeProgram(_commands, server);

        var ended = await _commands.RunAsync("agents", "list");

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Err.ShouldContain("warning: the server is not ready for everything: This is not-ready. Do something else.");
    }

    [Fact]
    public async Task Command_NoServerProgram_SaysWhatToSet()
    {
        _commands.Variables["ESPALIER_SERVER_DLL"] = "/no/such/file.dll";

        var ended = await _commands.RunAsync("agents", "list");

        ended.Exit.ShouldBe(8);
        ended.Err.ShouldContain("ESPALIER_SERVER_DLL");
    }

    [Fact]
    public async Task Up_GivenPortTaken_RefusesWithTheFix()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var ended = await _commands.RunAsync("up", "--detach", "--port", $"{port}");

        ended.Exit.ShouldBe(8);
        ended.ErrorLines[0].ShouldContain($"Port {port} is in use");
        ended.ErrorLines[2].ShouldContain("--port");
        program.Starts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Up_UsualPortTaken_TakesAFreeOneAndSaysSo()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);
        using var other = new TcpListener(IPAddress.Loopback, 7420);
        try
        {
            other.Start();
        }
        catch (SocketException)
        {
            // Somebody else has it: as good.
        }

        var ended = await _commands.RunAsync("up", "--detach");

        ended.Exit.ShouldBe(0, ended.Err);
        ended.Err.ShouldContain("port 7420 is in use: taking ");
        program.Starts.ShouldHaveSingleItem().ShouldNotContain("--port 7420 ");
    }

    [Fact]
    public async Task UpStatusDown_InTurn_TellTheServersState()
    {
        await using var server = await FakeServer.StartAsync();
        using var program = new FakeProgram(_commands, server);

        (await _commands.RunAsync("status")).Exit.ShouldBe(8);
        var up = await _commands.RunAsync("up", "--detach", "--json");
        var status = await _commands.RunAsync("status", "--json");
        var down = await _commands.RunAsync("down", "--json");
        var again = await _commands.RunAsync("down");

        up.Json.GetProperty("state").GetString().ShouldBe("running");
        status.Json.GetProperty("url").GetString().ShouldBe(server.Url.ToString());
        down.Json.GetProperty("state").GetString().ShouldBe("stopped");
        again.Out.Trim().ShouldBe("no server runs here");
        program.Starts.ShouldHaveSingleItem().ShouldNotContain("--idle-exit");
    }
}
