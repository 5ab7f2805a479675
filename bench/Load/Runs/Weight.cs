using System.Globalization;

namespace Espalier.Runs;

/// <summary>What processes weigh.</summary>
internal static class Weight
{
    /// <summary>Proportional set size of everything that descends from this process, in bytes: what is shared is counted once, by shares.</summary>
    public static long OfDescendants()
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            if (Read($"/proc/{id}/stat") is { } stat) parents[id] = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }

        return parents.Keys.Where(id => id != Environment.ProcessId && Descends(id, parents)).Sum(id => PssOf(id));
    }

    public static long OfThisProcess() => PssOf(Environment.ProcessId);

    private static bool Descends(int id, Dictionary<int, int> parents)
    {
        for (; parents.TryGetValue(id, out var parent); id = parent)
            if (parent == Environment.ProcessId) return true;
        return false;
    }

    private static long PssOf(int id)
    {
        var line = Read($"/proc/{id}/smaps_rollup")?.Split('\n').FirstOrDefault(one => one.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? 0 : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
