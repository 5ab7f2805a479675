namespace Espalier.Repository.Tests;

/// <summary>Fails with every violation on a line of its own, so that one run shows all there is to mend.</summary>
internal static class Violations
{
    public static void None(IEnumerable<string> found, string rule)
    {
        var lines = found.Distinct().Order(StringComparer.Ordinal).ToList();
        if (lines.Count > 0) Assert.Fail($"{rule}\n{lines.Count} places break it:\n  {string.Join("\n  ", lines)}");
    }
}
