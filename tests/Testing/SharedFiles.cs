using Xunit.v3;

namespace Espalier.Testing;

/// <summary>Recorded material that lies beside the repository and is read there: <c>ESPALIER_SHARED</c>, by default <c>../shared</c>.</summary>
public static class SharedFiles
{
    /// <summary>The path of a file or folder. Where it is absent the test is skipped and says so; on the build server it fails.</summary>
    public static string Require(string relative)
    {
        var root = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine(Repository(), "..", "shared");
        var path = Path.GetFullPath(Path.Combine(root, relative));
        if (Path.Exists(path)) return path;
        var missing = $"'{relative}' is not in the shared folder; set ESPALIER_SHARED to the folder that has it.";
        // The runner takes a message that begins so for a test that says of itself that it cannot run.
        throw new InvalidOperationException(Environment.GetEnvironmentVariable("CI") == "true" ? missing : DynamicSkipToken.Value + missing);
    }

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        return at?.FullName ?? "/";
    }
}
