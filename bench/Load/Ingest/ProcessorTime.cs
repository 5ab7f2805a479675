using System.Globalization;

namespace Espalier.Ingest;

/// <summary>Processor time of another process, as Linux counts it.</summary>
internal static class ProcessorTime
{
    // USER_HZ: what the kernel tells programs in, on every Linux of today.
    private const double TicksPerSecond = 100;

    public static double Seconds(int process)
    {
        // The second field is a name in brackets, which may hold anything.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
