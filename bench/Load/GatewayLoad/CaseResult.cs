using System.Globalization;
using System.Text;

namespace Espalier.GatewayLoad;

/// <summary>All rounds of one kind of request at one number of connections.</summary>
internal sealed class CaseResult(bool stream, int connections, IReadOnlyList<string> targets)
{
    private readonly Dictionary<string, List<Sample>> _samples = targets.ToDictionary(name => name, _ => new List<Sample>());

    public string Title => $"{(stream ? "Stream of 20 chunks" : "Whole answer")}, {connections} connection{(connections == 1 ? "" : "s")}";

    public IEnumerable<Sample> All => _samples.Values.SelectMany(samples => samples);

    public void Add(string target, Sample sample) => _samples[target].Add(sample);

    /// <summary>Medians, as a table.</summary>
    public string ToText()
    {
        var text = new StringBuilder($"## {Title}\n\n");
        text.Append("| | req/s | of direct | p50 ms | p99 ms | added p50 | CPU us a request | store's | not 2xx | socket errors |\n|---|---|---|---|---|---|---|---|---|---|\n");
        var direct = _samples[Bench.Direct];
        foreach (var name in targets)
        {
            var samples = _samples[name];
            var (rate, p50) = (Median(samples, one => one.RequestsPerSecond), Median(samples, one => one.P50Ms));
            var isDirect = name == Bench.Direct;
            text.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {rate:N0} | {(isDirect ? "" : $"{rate / Median(direct, one => one.RequestsPerSecond):0.000}")} | {p50:0.000} | {Median(samples, one => one.P99Ms):0.00} | {(isDirect ? "" : $"{p50 - Median(direct, one => one.P50Ms):+0.000;-0.000}")} | {Cpu(samples, one => one.GatewayCpuUs)} | {Cpu(samples, one => one.StoreCpuUs)} | {samples.Sum(one => one.Bad)} | {samples.Sum(one => one.SocketErrors)} |\n"));
        }

        if (!_samples.TryGetValue(Bench.Portkey, out var portkey)) return text.ToString();
        text.Append('\n');
        foreach (var name in targets.Where(name => name is Bench.PassThrough or Bench.Traced or Bench.Budgeted))
        {
            text.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {Median(_samples[name], one => one.RequestsPerSecond) / Median(portkey, one => one.RequestsPerSecond):0.0} times Portkey's requests a second, 1/{Median(portkey, one => one.GatewayCpuUs ?? 0) / Median(_samples[name], one => one.GatewayCpuUs ?? 1):0.0} of its CPU a request.  \n"));
        }

        return text.ToString();
    }

    private static string Cpu(List<Sample> samples, Func<Sample, double?> read) =>
        samples.Exists(one => read(one) is not null) ? Median(samples, one => read(one) ?? 0).ToString("0", CultureInfo.InvariantCulture) : "";

    private static double Median(List<Sample> samples, Func<Sample, double> read)
    {
        var sorted = samples.Select(read).Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
