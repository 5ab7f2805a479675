using System.Diagnostics;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Espalier.Server.Tests.Hosting;

public sealed class LifecycleTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("espalier-data-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Info => Path.Combine(_folder, "server.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Folder_OfAServer_IsItsOwnersAloneAndHoldsTheAddressWhileItRuns()
    {
        File.SetUnixFileMode(_folder, Owner | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        string sockets, token;
        LogLines log;
        await using (var server = await TrialServer.StartAsync(_folder))
        {
            File.GetUnixFileMode(_folder).ShouldBe(Owner | UnixFileMode.UserExecute);
            File.GetUnixFileMode(Path.Combine(_folder, "token")).ShouldBe(Owner);
            token = (await File.ReadAllTextAsync(Path.Combine(_folder, "token"), Cancel)).Trim();
            token.ShouldBe(server.Token);
            var info = JsonNode.Parse(await File.ReadAllTextAsync(Info, Cancel))!;
            new Uri(info.Text("url")).ShouldBe(server.Url);
            ((int)info["process_id"]!).ShouldBe(Environment.ProcessId);
            (await File.ReadAllTextAsync(Info, Cancel)).ShouldNotContain(token);
            sockets = server.SocketFolder;
            File.GetUnixFileMode(sockets).HasFlag(UnixFileMode.OtherWrite).ShouldBeFalse();
            File.GetUnixFileMode(sockets).HasFlag(UnixFileMode.OtherRead).ShouldBeFalse();
            await server.SendAsync(HttpMethod.Get, $"/api/v1/agents/{token[..10]}", null, 404);
            log = server.Log;
        }

        File.Exists(Info).ShouldBeFalse();
        Directory.Exists(sockets).ShouldBeFalse();
        log.Lines.ShouldNotContain(line => line.Contains(token, StringComparison.Ordinal));
        await using var again = await TrialServer.StartAsync(_folder);
        again.Token.ShouldBe(token, "the token is made once");
    }

    [Fact]
    public async Task Server_OnAFolderInUse_IsRefusedAndLeavesTheOtherAlone()
    {
        await using var server = await TrialServer.StartAsync(_folder);

        using var second = Start();
        var said = await second.StandardError.ReadToEndAsync(Cancel);
        await second.WaitForExitAsync(Cancel);

        second.ExitCode.ShouldBe(1, said);
        said.ShouldContain($"The data folder {_folder} is in use by another server (process {Environment.ProcessId}).");
        said.ShouldNotContain(" at Espalier");
        File.Exists(Info).ShouldBeTrue("the first server is still there");
        await server.GetAsync("/api/v1/agents");
    }

    [Fact]
    public async Task Server_AfterOneThatWasKilled_SweepsWhatThatLeft()
    {
        using var first = Start();
        while (!File.Exists(Info))
        {
            first.HasExited.ShouldBeFalse(first.HasExited ? await first.StandardError.ReadToEndAsync(Cancel) : "");
            await Task.Yield();
        }

        var left = (await File.ReadAllTextAsync("/proc/net/unix", Cancel)).Split('\n').Where(line => line.Contains("espalier-server-", StringComparison.Ordinal))
            .Select(line => Path.GetDirectoryName(line[line.IndexOf('/', StringComparison.Ordinal)..])!).Distinct().ToList();
        left.ShouldNotBeEmpty();
        first.Kill();
        await first.WaitForExitAsync(Cancel);
        File.Exists(Info).ShouldBeTrue("a killed server tidies nothing");

        await using var second = await TrialServer.StartAsync(_folder);

        ((int)JsonNode.Parse(await File.ReadAllTextAsync(Info, Cancel))!["process_id"]!).ShouldBe(Environment.ProcessId);
        left.Count(Directory.Exists).ShouldBeLessThan(left.Count, "the dead server's folder is gone, those of the living are not");
        Directory.Exists(second.SocketFolder).ShouldBeTrue();
    }

    [Fact]
    public async Task Shutdown_ByRest_EndsTheServer()
    {
        await using var server = await TrialServer.StartAsync(_folder);
        var stopping = new TaskCompletionSource();
        using var registration = server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        await server.PostAsync("/api/v1/shutdown", "", 202);

        await stopping.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task Stop_UnderLoad_LosesNoTraceThatWasAnswered()
    {
        var answered = new List<string>();
        List<Task> callers;
        using var agent = AgentFolder.WithDesk("busy-desk");
        await using (var server = await TrialServer.StartAsync(_folder))
        {
            await server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = agent.Path }, 201);
            var enough = new TaskCompletionSource();
            callers = Enumerable.Range(0, 4).Select(caller => CallAsync(server, answered, enough, caller)).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        }

        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        await using var next = await TrialServer.StartAsync(_folder);
        var kept = (await next.GetAsync("/api/v1/traces?agent=busy-desk&limit=1000")).Items().Select(trace => trace.Text("trace_id")).ToHashSet();
        answered.Count.ShouldBeGreaterThanOrEqualTo(20);
        answered.Where(trace => !kept.Contains(trace)).ShouldBeEmpty();
    }

    /// <summary>Calls until the server goes away.</summary>
    private static async Task CallAsync(TrialServer server, List<string> answered, TaskCompletionSource enough, int caller)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                using var content = new StringContent($$"""{"input":"request {{caller}} {{i}}"}""", System.Text.Encoding.UTF8, "application/json");
                using var response = await server.Client.PostAsync(new Uri("/agents/busy-desk/invoke", UriKind.Relative), content, Cancel);
                if (!response.IsSuccessStatusCode) return;
                var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
                lock (answered)
                {
                    answered.Add(answer.Text("trace_id"));
                    if (answered.Count >= 20) enough.TrySetResult();
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return;
            }
        }
    }

    private Process Start()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Server", configuration, "Espalier.Server.dll"));
        var start = new ProcessStartInfo("dotnet", [program, "--data", _folder, "--port", "0"])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }
}
