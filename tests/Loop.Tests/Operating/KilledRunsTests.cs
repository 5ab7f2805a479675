using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Operating;

/// <summary>The server is killed without a word while many agents run; the next one must find nothing of it on the machine.</summary>
public sealed class KilledRunsTests
{
    private const int Sleeping = 180;
    private const int Calling = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_InTheMiddleOf200Runs_LeavesNothingAfterARestart()
    {
        // A model server that never answers: the calls to it are reserved and never settled.
        using var models = new TcpListener(IPAddress.Loopback, 0);
        models.Start(backlog: 2 * Calling);
        await using var place = new Place();
        var mark = $"{Environment.ProcessId}{Random()}";
        SmallAgent.Write(place, "sleeper", "", SmallAgent.Contract("sleeper", "stdio", "10m").Replace("python3 agent.py", $"sleep {mark}", StringComparison.Ordinal));
        SmallAgent.Write(place, "caller", SmallAgent.HonestStdio, SmallAgent.Contract("caller", "stdio", "10m"), "gpt-4.1-mini");
        place.Variables["ESPALIER_Workers__MaxProcesses"] = (Sleeping + Calling + 20).ToString(CultureInfo.InvariantCulture);
        place.Variables["OPENAI_BASE_URL"] = $"http://127.0.0.1:{((IPEndPoint)models.LocalEndpoint).Port}/v1";
        place.Variables["OPENAI_API_KEY"] = "sk-nobody-answers";
        (await place.RunAsync("up", "--detach")).Done();

        var server = place.ReadServer()!.ProcessId;
        using var gone = new CancellationTokenSource();
        List<Task> runs;
        using (var client = place.Client())
        {
            foreach (var name in (string[])["sleeper", "caller"]) await client.Agents.ImportAsync(new ImportAgentRequest { Path = place[name] }, Token);
            runs = [.. Enumerable.Range(0, Sleeping).Select(_ => AskAsync(place, "sleeper", gone.Token)), .. Enumerable.Range(0, Calling).Select(_ => AskAsync(place, "caller", gone.Token))];
            await Eventually.TrueAsync(() => Sleepers(mark) == Sleeping, $"{Sleeping} agents sleep");
            await Eventually.TrueAsync(async () => (await client.Server.BudgetAsync(new BudgetId("production/caller"), Token)).Reserved.Nano > 0, "calls are reserved");
            await Eventually.TrueAsync(() => Of(server, "bwrap") >= Sleeping + Calling, "all runs have a sandbox");
        }

        // What there is to leave behind is there.
        runs.Count(run => !run.IsCompleted).ShouldBe(Sleeping + Calling);
        var folder = SocketFolder(server);
        Directory.GetDirectories(Path.Combine(folder, "workers", "versions")).Length.ShouldBe(2, "the files of both versions");
        Groups(server).Count.ShouldBeGreaterThan(0);

        await place.KillServerAsync();
        await Task.WhenAll(runs);
        (await place.RunAsync("up", "--detach")).Done();
        var next = place.ReadServer()!.ProcessId;
        next.ShouldNotBe(server);

        await Eventually.TrueAsync(() => Sleepers(mark) == 0 && Of(server, "bwrap") == 0, "no process is left");
        await Eventually.TrueAsync(() => Groups(server).Count == 0, $"no control group is left: {string.Join(' ', Groups(server).Take(3))}");
        Directory.Exists(folder).ShouldBeFalse("it held the work trees and the socket of the killed server");
        File.ReadAllLines("/proc/mounts").Where(line => line.Contains(folder, StringComparison.Ordinal) || line.Contains(place.Folder, StringComparison.Ordinal)).ShouldBeEmpty();
        using (var client = place.Client())
        {
            foreach (var line in (string[])["project", "production/caller", "production/sleeper"])
                (await client.Server.BudgetAsync(new BudgetId(line), Token)).Reserved.Nano.ShouldBe(0, line);
        }

        // And it serves.
        SmallAgent.Write(place, "fine", "", SmallAgent.Contract("fine", "stdio").Replace("python3 agent.py", "cat", StringComparison.Ordinal));
        (await place.RunAsync("-C", place["fine"], "run", "--input", "still here")).Done().Out.Trim().ShouldBe("still here");
    }

    private static string Random() => TimeProvider.System.GetTimestamp().ToString(CultureInfo.InvariantCulture)[^5..];

    /// <summary>Ends without an answer when the server does.</summary>
    private static async Task AskAsync(Place place, string agent, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = place.ReadServer()!.Url, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(place.Data, "token")).Trim());
        using var body = new StringContent("""{"input":"hello"}""", Encoding.UTF8, "application/json");
        try
        {
            using var answer = await http.PostAsync(new Uri($"agents/{agent}/invoke", UriKind.Relative), body, cancellationToken);
            throw new InvalidOperationException($"{agent} answered: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }

    private static int Sleepers(string mark) => CommandLines().Count(line => line.Command is ["sleep", var seconds, ..] && seconds == mark);

    /// <summary>Sandboxes that a server started, by its own process or by one that names it.</summary>
    private static int Of(int server, string program) => CommandLines().Count(line => line.Command.Length > 0 && Path.GetFileName(line.Command[0]) == program && StartedBy(line.Id, server));

    /// <summary>The sandbox's own process hangs on the server; once that is dead, on whoever takes orphans: then the group it is in tells.</summary>
    private static bool StartedBy(int id, int server)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == server.ToString(CultureInfo.InvariantCulture)
                || File.ReadAllText($"/proc/{id}/cgroup").Contains($"/espalier-{server}-", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IEnumerable<(int Id, string[] Command)> CommandLines()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            string text;
            try
            {
                text = File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            yield return (id, text.Split('\0'));
        }
    }

    /// <summary>Control groups of a server, in every hierarchy; the server makes none where it may not.</summary>
    private static List<string> Groups(int server)
    {
        const string root = "/sys/fs/cgroup";
        var found = new List<string>();
        if (Directory.Exists(root)) Look(root, 0);
        return found;

        void Look(string folder, int depth)
        {
            try
            {
                foreach (var child in Directory.EnumerateDirectories(folder))
                {
                    if (Path.GetFileName(child).StartsWith($"espalier-{server}-", StringComparison.Ordinal)) found.Add(child);
                    else if (depth < 5) Look(child, depth + 1);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A group that went away meanwhile.
            }
        }
    }

    /// <summary>The folder whose lock the server holds open.</summary>
    private static string SocketFolder(int server) => Path.GetDirectoryName(Directory.GetFiles($"/proc/{server}/fd")
        .Select(link => new FileInfo(link).LinkTarget).First(target => target?.EndsWith("/server.lock", StringComparison.Ordinal) == true))!;
}
