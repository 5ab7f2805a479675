using System.Diagnostics;

namespace Espalier.Repository.Tests;

/// <summary>The repository that this test was built from, found upwards from the test's own folder.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Files that are tracked or about to be: everything that git does not ignore. Paths with <c>/</c>, relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } = ListFiles();

    public static string At(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(At(relative));

    public static string[] Lines(string relative) => File.ReadAllLines(At(relative));

    /// <summary>The tracked C# of our projects, without what a build made.</summary>
    public static IEnumerable<string> Sources(string under) =>
        Files.Where(file => file.StartsWith(under, StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Espalier.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"No folder above {start} holds Espalier.slnx.");
    }

    private static List<string> ListFiles()
    {
        // A mounted checkout may belong to another user; reading its list of files is safe all the same.
        var start = new ProcessStartInfo("git", ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root, RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var git = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        var listed = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        if (git.ExitCode != 0) throw new InvalidOperationException($"git ls-files ended with {git.ExitCode} in {Root}.");
        return [.. listed.Where(file => File.Exists(At(file))).Distinct().Order(StringComparer.Ordinal)];
    }
}
