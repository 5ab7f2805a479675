using System.Diagnostics;
using Espalier.Ingest;

// Spans a second from HTTP to queryable: sends OTLP from this process to a server of its own, whose store is a third process.
//   bench/Load/Ingest/run.sh [--spans N] [--rate N] ...
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

var templates = Enumerable.Range(0, plan.Templates).Select(i => BatchTemplate.Make(plan, i)).ToList();
await using var server = await LoadServer.StartAsync(plan);
await WarmUpAsync();
var known = await server.CountTracesAsync() ?? 0;
var before = await server.ReadDiagnosticsAsync();
var store = before.TraceStoreProcessId ?? throw new InvalidOperationException("The server has no store of its own.");
var storeCpu = ProcessorTime.Seconds(store);
var clientCpu = Environment.CpuUsage.TotalTime;

using var sender = new Sender(plan, templates, server.Otlp);
using var stop = new CancellationTokenSource();
var prober = new Prober(plan, server, sender);
var clock = Stopwatch.StartNew();
var probing = prober.RunAsync(stop.Token);
await sender.RunAsync();
var acknowledged = clock.Elapsed;
while (await server.CountTracesAsync() - known < sender.Traces) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
var queryable = clock.Elapsed;
clientCpu = Environment.CpuUsage.TotalTime - clientCpu;
await stop.CancelAsync();
await probing;
var after = await server.ReadDiagnosticsAsync();
storeCpu = ProcessorTime.Seconds(store) - storeCpu;
var found = await server.CountTracesAsync() - known;
if (found != sender.Traces) throw new InvalidOperationException($"{sender.Traces} traces were acknowledged and {found} are there.");

foreach (var (name, first, ms) in plan.Queries > 0 ? await new Queries(plan, server, sender).MeasureAsync() : [])
    Console.WriteLine(FormattableString.Invariant($"{name,-62} first {first,7:N0} ms, then median {ms.P50,7:N0} ms, most {ms.Most,7:N0} ms ({ms.Count})"));

RawInsert? raw = null;
if (plan.RawRows > 0)
{
    using var alone = new StoreAlone(plan);
    raw = await alone.MeasureAsync(store);
}

var spans = (double)sender.Spans;
var report = new Report
{
    Command = string.Join(' ', args.Where((_, i) => args[i] != "--server" && (i == 0 || args[i - 1] != "--server"))),
    Processors = Environment.ProcessorCount,
    Spans = sender.Spans,
    BytesPerSpan = sender.Bytes / spans,
    AcknowledgedPerSecond = spans / acknowledged.TotalSeconds,
    QueryablePerSecond = spans / queryable.TotalSeconds,
    AcknowledgeMs = Quantiles.Of(sender.Latencies),
    QueryableMs = Quantiles.Of(prober.Latencies),
    BusyAnswers = sender.Busy,
    ServerCpuUsPerSpan = (after.Process.CpuSeconds - before.Process.CpuSeconds) * 1e6 / spans,
    ServerAllocatedBytesPerSpan = (after.Process.AllocatedBytes - before.Process.AllocatedBytes) / spans,
    ServerPauseSeconds = after.Process.PauseSeconds - before.Process.PauseSeconds,
    ServerWorkingSetMib = after.Process.WorkingSetBytes / (double)(1 << 20),
    StoreCpuUsPerSpan = storeCpu * 1e6 / spans,
    ClientCpuUsPerSpan = clientCpu.TotalMicroseconds / spans,
    RawRowsPerSecond = raw?.RowsPerSecond,
    RawStoreCpuUsPerRow = raw is null ? null : raw.CpuSeconds * 1e6 / raw.Rows,
};
Console.WriteLine(report.ToText());
if (plan.Json is { } file) await File.WriteAllTextAsync(file, report.ToJson() + "\n");
return 0;

// Compiled code and open connections: what a server that runs for days has.
async Task WarmUpAsync()
{
    using var first = new Sender(plan with { Spans = Math.Min(plan.Spans / 10, 20_000), Rate = 0, Numbering = 1L << 40 }, templates, server.Otlp);
    await first.RunAsync();
    await server.CountTracesAsync();
}
