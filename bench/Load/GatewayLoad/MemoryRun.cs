using System.Globalization;
using System.Text;

namespace Espalier.GatewayLoad;

/// <summary>Memory over many requests with all that a key can have: trace, budget, rate limits.</summary>
internal sealed record MemoryRun(IReadOnlyList<MemoryRun.Point> Points)
{
    private const int Connections = 32;
    private const int Pieces = 20;
    private const int SecondsAPiece = 10;

    public static async Task<MemoryRun> RunAsync(Bench bench, long requests)
    {
        var target = bench.Targets.Single(one => one.Name == Bench.Budgeted);
        var points = new List<Point>();
        var (done, bad) = (0L, 0L);
        for (var next = 0L; done < requests;)
        {
            var sample = await bench.RunAsync(target, Connections, stream: false, SecondsAPiece);
            (done, bad) = (done + sample.Requests, bad + sample.Bad + sample.SocketErrors);
            if (sample.Requests == 0) throw new InvalidOperationException("Nothing was answered.");
            if (done < next) continue;
            next += requests / Pieces;
            var point = new Point(done, bad, sample.RequestsPerSecond, Child.ResidentMib(bench.Server.Id), Child.ResidentMib(bench.Server.Store));
            points.Add(point);
            await Console.Error.WriteLineAsync(point.ToString());
        }

        return new MemoryRun(points);
    }

    public string ToText(string command)
    {
        var text = new StringBuilder($"# The gateway's memory over {Points[^1].Requests.ToString("N0", CultureInfo.InvariantCulture)} requests\n\n```\n{command}\n```\n\n");
        text.Append($"{Machine.Describe()}. {Connections} connections, whole answers, with trace, budget and rate limits. Resident memory as the kernel counts it.\n\n");
        text.Append("| requests | req/s | failed | gateway MiB | trace store MiB |\n|---|---|---|---|---|\n");
        foreach (var (requests, failed, rate, gateway, store) in Points)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"| {requests:N0} | {rate:N0} | {failed} | {gateway:0} | {store:0} |\n"));
        var half = Points.Skip(Points.Count / 2).ToList();
        text.Append(string.Create(
            CultureInfo.InvariantCulture, $"\nIn the second half the gateway had {half.Min(one => one.GatewayMib):0} to {half.Max(one => one.GatewayMib):0} MiB, the store {half.Min(one => one.StoreMib):0} to {half.Max(one => one.StoreMib):0}."));
        return text.ToString();
    }

    internal sealed record Point(long Requests, long Failed, double RequestsPerSecond, double GatewayMib, double StoreMib);
}
