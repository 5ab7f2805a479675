using Espalier.Runs;

// What a run in a sandbox costs beside a bare process. Everything but the model calls is the product's own: runner, pools, launcher, control groups.
LoadPlan plan;
try
{
    plan = LoadPlan.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message);
    return 2;
}

await using var bench = new Bench(plan);
var report = $"# Runs in the sandbox\n\n```\n{("bench/Load/Runs/run.sh " + string.Join(' ', args)).TrimEnd()}\n```\n\n{await bench.RunAsync()}";
Console.WriteLine(report);
if (plan.Out is { } file) await File.WriteAllTextAsync(file, report + "\n", CancellationToken.None);
return 0;
