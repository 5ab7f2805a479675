using Espalier.GatewayLoad;

// What the gateway costs beside the same requests straight to their server and through Portkey. wrk asks; the upstream, Portkey and the server
// that users run are processes of their own. The targets take turns, so that what else the machine does hits all of them.
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

if (plan.Local)
{
    await LocalLoad.RunAsync(plan.Seconds, plan.Connections[0]);
    return 0;
}

var command = "bench/Load/GatewayLoad/run.sh " + string.Join(' ', args.Where((_, i) => !IsOfScript(i)));
await using var bench = await Bench.StartAsync(plan);
var report = plan.Memory > 0 ? (await MemoryRun.RunAsync(bench, plan.Memory)).ToText(command) : (await bench.RunAsync()).ToText(command.TrimEnd());
Console.WriteLine(report);
if (plan.Out is { } file) await File.WriteAllTextAsync(file, report + "\n", CancellationToken.None);
return 0;

// What run.sh adds itself.
bool IsOfScript(int i) => args[i] is "--server" or "--portkey" or "--out" || (i > 0 && args[i - 1] is "--server" or "--portkey" or "--out");
