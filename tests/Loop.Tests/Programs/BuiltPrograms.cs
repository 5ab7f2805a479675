namespace Espalier.Loop.Tests.Programs;

/// <summary>The programs of the same build as these tests.</summary>
internal static class BuiltPrograms
{
    public static string Cli { get; } = Find("Cli", "espalier.dll");

    public static string Server { get; } = Find("Server", "Espalier.Server.dll");

    /// <summary>The repository's folder.</summary>
    public static string Repository { get; } = FindRepository();

    // artifacts/bin/Loop.Tests/CONFIGURATION is where this runs.
    private static string Find(string project, string file)
    {
        var here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var program = Path.GetFullPath(Path.Combine(here, "..", "..", project, Path.GetFileName(here), file));
        return File.Exists(program) ? program : throw new FileNotFoundException($"There is no {program}: build src/{project} in the configuration of these tests.");
    }

    private static string FindRepository()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) return at.FullName;
        throw new DirectoryNotFoundException("These tests run inside the repository.");
    }
}
