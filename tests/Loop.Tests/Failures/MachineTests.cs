using System.Net;
using System.Net.Sockets;
using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Demo;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Failures;

/// <summary>A machine that lacks something, or has too much of it.</summary>
public sealed class MachineTests(Served served)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MissingSandbox_EveryWayIn_SaysWhatToInstall()
    {
        await using var place = new Place { Variables = { ["ESPALIER_Workers__BubblewrapPath"] = "/no/such/bwrap" } };
        SmallAgent.Write(place, "agent", SmallAgent.Honest);
        SmallAgent.WriteCases(place);

        (await place.RunAsync("run", "--input", "hello", "-C", "agent")).Failed(8, "apt-get install bubblewrap");
        (await place.RunAsync("optimize", "-C", "agent", "--data", place["cases.jsonl"], "--budget", "0.02usd")).Failed(8, "apt-get install bubblewrap");
        var doctor = await place.RunAsync("doctor", "-C", "agent");
        doctor.Exit.ShouldBe(8, doctor.ToString());
        doctor.Out.ShouldContain("apt-get install bubblewrap");
        (await place.RunAsync("demo", "--data", DemoData.Write(place, 60), "--data-dir", place["demo"])).Failed(8, "apt-get install bubblewrap");
    }

    [Fact]
    public async Task Up_PortInUse_NamesTheFlag()
    {
        await using var place = new Place();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        (await place.RunAsync("up", "--detach", "--port", $"{port}")).Failed(8, $"{port}", "--port");
        place.ReadServer().ShouldBeNull();
    }

    [Fact]
    public async Task Server_PortInUse_SaysSoAndEnds()
    {
        await using var place = new Place();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var server = Running.Start(["dotnet", BuiltPrograms.Server, "--data", place["data"], "--port", $"{port}"], place.Folder, place.Variables, null);

        var ended = await server.EndAsync(TimeSpan.FromSeconds(60));

        ended.Exit.ShouldNotBe(0);
        ended.Err.ShouldContain($"Port {port} is in use");
        ended.Err.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Server_SecondOnOneFolder_IsRefusedAndTheFirstGoesOn()
    {
        var place = await served.PlaceAsync();
        await using var second = Running.Start(["dotnet", BuiltPrograms.Server, "--data", place.Data, "--port", "0"], place.Folder, place.Variables, null);

        var ended = await second.EndAsync(TimeSpan.FromSeconds(60));

        ended.Exit.ShouldNotBe(0, ended.ToString());
        ended.Err.ShouldContain(place.Data);
        ended.Err.ShouldNotContain("   at ");
        (await place.RunAsync("agents", "list")).Done().Err.ShouldBeEmpty();
    }

    [Fact]
    public async Task Command_TokenFileCorrupted_IsRefusedWithTheFix()
    {
        await using var place = new Place();
        (await place.RunAsync("up", "--detach")).Done();
        var token = Path.Combine(place.Data, "token");
        var right = await File.ReadAllTextAsync(token, Token);
        await File.WriteAllTextAsync(token, "\u0001\u0002 not a token", Token);

        (await place.RunAsync("agents", "list")).Failed(6, "token");
        await File.WriteAllTextAsync(token, right, Token);
        (await place.RunAsync("agents", "list")).Done();
    }

    [Fact]
    public async Task Command_WrongKey_IsRefusedWithTheFix()
    {
        var place = await served.PlaceAsync();
        await using var elsewhere = new Place { Variables = { ["ESPALIER_URL"] = place.ReadServer()!.Url.ToString(), ["ESPALIER_KEY"] = "esp_wrong" } };

        (await elsewhere.RunAsync("agents", "list")).Failed(6, "token");
    }

    [Fact]
    public async Task Command_ServerOfAnotherVersion_SaysSo()
    {
        await using var place = new Place();
        using var other = new HttpListener();
        var port = FreePort();
        other.Prefixes.Add($"http://127.0.0.1:{port}/");
        other.Start();
        var serving = ServeAsync(other);

        var ended = await place.RunAsync("agents", "list", "--server", $"http://127.0.0.1:{port}");
        other.Stop();
        await serving;

        ended.Err.ShouldContain("9.9.9");
        ended.Err.ShouldContain("espalier down");
    }

    private static async Task ServeAsync(HttpListener listener)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                var version = context.Request.Url!.AbsolutePath == "/version";
                context.Response.StatusCode = version ? 200 : 404;
                if (version) await context.Response.OutputStream.WriteAsync("9.9.9"u8.ToArray(), CancellationToken.None);
                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Stopped: the test is over.
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
