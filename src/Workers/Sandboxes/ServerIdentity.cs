using System.Globalization;

namespace Espalier.Workers.Sandboxes;

/// <summary>Names what a server leaves on the machine while it runs, so that a later one can tell a dead server's things from a live one's.</summary>
/// <remarks>A process id alone is used again; with the start time (ticks since boot, from <c>/proc</c>) it is not.</remarks>
internal static class ServerIdentity
{
    private const string Prefix = "espalier-";
    private static int _instances;

    /// <summary><c>espalier-PID-START-N</c>, another N at each call.</summary>
    public static string Next() =>
        $"{Prefix}{Environment.ProcessId}-{StartOf(Environment.ProcessId) ?? "0"}-{Interlocked.Increment(ref _instances)}";

    /// <summary>True for a name made by <see cref="Next"/> in a process that is gone.</summary>
    public static bool IsOfDeadServer(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var parts = name[Prefix.Length..].Split('-');
        return parts.Length == 3
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            && StartOf(pid) != parts[1];
    }

    private static string? StartOf(int pid)
    {
        try
        {
            // The second field is the program's name in parentheses and may hold blanks; start time is the 20th field after it.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
