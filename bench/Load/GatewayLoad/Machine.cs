using System.Globalization;

namespace Espalier.GatewayLoad;

/// <summary>How busy the whole machine is.</summary>
internal static class Machine
{
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of processor time that anybody used since the machine started.</summary>
    public static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        // user nice system idle iowait irq softirq steal: all but idle and iowait.
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / TicksPerSecond;
    }

    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown";
        var memory = File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return $"{Environment.ProcessorCount} x {model}, {long.Parse(memory, CultureInfo.InvariantCulture) >> 20} GiB, Linux {Environment.OSVersion.Version}, .NET {Environment.Version}";
    }
}
