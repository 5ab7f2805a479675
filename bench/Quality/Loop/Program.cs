using System.Diagnostics;
using Espalier.Loop;

// Runs the demo with five seeds on each named set and keeps what it found. The seed shuffles traffic, splits, evaluation cases and the
// catalog's order, so five successes are five searches, not one recipe.
int[] seeds = [1, 2, 3, 4, 5];
var failed = 0;
foreach (var name in args.Length > 0 ? args : ["demo"])
{
    var set = LoopSet.Find(name);
    if (set is null)
    {
        await Console.Error.WriteLineAsync($"There is no set '{name}' here. Known: demo, banking77, clinc150; the last two lie in the folder that ESPALIER_SHARED names (default ../shared).");
        return 2;
    }

    var runs = new List<LoopRun>();
    foreach (var seed in seeds)
    {
        var began = Stopwatch.GetTimestamp();
        var run = await LoopRun.MakeAsync(set, seed, CancellationToken.None);
        runs.Add(run);
        Console.WriteLine($"{name} seed {seed}: {run.Words()}, {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
    }

    await LoopResults.WriteAsync(set, runs, CancellationToken.None);
    failed += runs.Count(run => !run.Succeeded);
}

return failed == 0 ? 0 : 1;
