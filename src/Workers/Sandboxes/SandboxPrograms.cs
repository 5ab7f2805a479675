namespace Espalier.Workers.Sandboxes;

/// <summary>What of the programs that make sandboxes is installed on this machine.</summary>
public static class SandboxPrograms
{
    /// <summary>Names as in configuration, whether they work here or not.</summary>
    public static IReadOnlyList<string> Installed() =>
        [.. new[] { ("bubblewrap", "bwrap"), ("podman", "podman"), ("docker", "docker") }.Where(pair => Programs.Find(pair.Item2) is not null).Select(pair => pair.Item1)];
}
