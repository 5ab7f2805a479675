using System.Diagnostics;
using System.Globalization;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Workers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Runs;

/// <summary>The product's own runner on real sandboxes, beside bare processes started from the same program.</summary>
internal sealed class Bench(LoadPlan plan) : IAsyncDisposable
{
    private const string Input = "hello";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("espalier-bench-");
    private ServiceProvider? _services;

    private IRunner Runner => _services!.GetRequiredService<IRunner>();

    public async Task<string> RunAsync()
    {
        _services = Compose(_folder.FullName, plan.Warm);
        var check = await _services.GetRequiredService<ISandbox>().CheckAsync(CancellationToken.None);
        if (!check.Usable) throw new InvalidOperationException($"{check.Detail}; {check.Fix}");
        var text = new StringBuilder($"{Environment.ProcessorCount} processors, Linux {Environment.OSVersion.Version}, .NET {Environment.Version}; as {(Environment.IsPrivilegedProcess ? "root" : "an ordinary user")}; "
            + $"{check.Detail}; load average {Load()} at the start.\n\n");

        // All three take turns, so that what else the machine does hits all of them.
        List<double> bare = [], small = [], large = [];
        for (var i = -20; i < plan.Starts; i++)
        {
            var (a, b, c) = (await BareAsync(), await StdioAsync(OneFolder.Small), i % 5 == 0 ? await StdioAsync(OneFolder.Large) : (double?)null);
            if (i < 0) continue;
            bare.Add(a);
            small.Add(b);
            if (c is { } one) large.Add(one);
        }

        text.Append("| start, `cat` of five letters, to its answer | p50 ms | p99 ms | over bare, p50 | p99 |\n|---|---|---|---|---|\n");
        foreach (var (name, times) in new[] { ("bare process", bare), ("stdio run in the sandbox, one file", small), ("the same, 5,000 files (overlay)", large) })
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {At(times, 0.5):0.0} | {At(times, 0.99):0.0} | ");
            text.Append(times == bare ? "| |\n" : string.Create(CultureInfo.InvariantCulture, $"{At(times, 0.5) - At(bare, 0.5):0.0} | {At(times, 0.99) - At(bare, 0.99):0.0} |\n"));
        }

        text.Append("\n| runs a second | at once | runs/s |\n|---|---|---|\n");
        foreach (var parallel in new[] { 1, 2, 4 })
            text.Append(CultureInfo.InvariantCulture, $"| stdio, a process each | {parallel} | {await RateAsync(parallel, () => StdioAsync(OneFolder.Small)):0} |\n");
        foreach (var parallel in new[] { 1, 2 })
            text.Append(CultureInfo.InvariantCulture, $"| jsonl, warm | {parallel} | {await RateAsync(parallel, JsonlAsync):0} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\n{await WeighAsync()}");
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static ServiceProvider Compose(string folder, int warm)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Workers:StateFolder"] = folder, ["Workers:PoolSize"] = $"{Math.Max(warm, 4)}", ["Workers:MaxProcesses"] = $"{warm + 16}",
        };
        return new ServiceCollection()
            .AddLogging()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddSingleton<IAgentRepository, OneFolder>()
            .AddSingleton<IRunTokens, FreeTokens>()
            .AddSingleton<Espalier.Core.Datasets.IBlobStore, NoBlobs>()
            .AddWorkers()
            .BuildServiceProvider();
    }

    private static double At(List<double> times, double share) => times.Order().ElementAt((int)Math.Min(times.Count - 1, share * times.Count));

    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static async Task<double> BareAsync()
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cat"])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(Input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output == Input ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException(output);
    }

    private Task<double> StdioAsync(AgentVersion version) => AskAsync(version, "cat", RunProtocol.Stdio, Input);

    private Task<double> JsonlAsync() => AskAsync(OneFolder.Small, "exec sh jsonl.sh", RunProtocol.Jsonl, "ok");

    private async Task<double> AskAsync(AgentVersion version, string command, RunProtocol protocol, string expected)
    {
        var start = Stopwatch.GetTimestamp();
        var run = await Runner.RunAsync(
            new RunRequest
            {
                Version = version,
                Contract = new AgentContract
                {
                    Agent = "bench",
                    Run = new RunContract { Command = command, Protocol = protocol, Timeout = TimeSpan.FromSeconds(60), MemoryBytes = 256 << 20, Environment = new Dictionary<string, string>() },
                    Artifacts = new Dictionary<string, IReadOnlyList<string>>(),
                    Frozen = [],
                    Judge = new JudgeContract(),
                    Budget = new BudgetContract { Run = Contracts.Shared.Usd.FromDollars(1) },
                },
                Input = Input,
                Purpose = Purpose.Evaluation,
                Budget = new BudgetId("bench"),
            },
            CancellationToken.None);
        return run.Outcome is Outcome.Completed { Output: var output } && output == expected
            ? Stopwatch.GetElapsedTime(start).TotalMilliseconds
            : throw new InvalidOperationException($"{run.Outcome}");
    }

    /// <summary>Runs that ended within the time, by so many that ask one after the other.</summary>
    private async Task<double> RateAsync(int parallel, Func<Task<double>> asked)
    {
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => asked()));
        var (start, done) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < plan.Seconds)
            {
                await asked();
                Interlocked.Increment(ref done);
            }
        }));
        return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Asks as many at once as there shall be: each is slow, so that none is asked twice, and all stay warm.</summary>
    private async Task<string> WeighAsync()
    {
        await Runner.CoolAsync("bench", OneFolder.Small.Id, CancellationToken.None);
        GC.Collect();
        var (server, others) = (Weight.OfThisProcess(), Weight.OfDescendants());
        await Task.WhenAll(Enumerable.Range(0, plan.Warm).Select(_ => AskAsync(OneFolder.Small, "exec sh slow.sh", RunProtocol.Jsonl, "ok")));
        GC.Collect();
        var (more, agents) = (Weight.OfThisProcess() - server, Weight.OfDescendants() - others);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Warm} warm agents (a shell each): {agents / plan.Warm / 1024.0:0} KiB each with their sandboxes' processes (proportional set size), and {more / plan.Warm / 1024.0:0} KiB each in the server's.");
    }
}
