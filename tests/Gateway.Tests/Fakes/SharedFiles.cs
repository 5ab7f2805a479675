namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Recordings that lie beside the repository and are never copied into it.</summary>
internal static class SharedFiles
{
    /// <summary>Skips the test where the folder is absent; on CI that is a failure.</summary>
    public static string Require(params string[] path)
    {
        var full = Path.Combine([Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine(Checkout(), "..", "shared"), .. path]);
        if (File.Exists(full) || Directory.Exists(full)) return full;
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"{full} is not on this machine. Set ESPALIER_SHARED to the folder of recordings.");
        Assert.Skip($"{full} is not on this machine.");
        return full;
    }

    public static string Checkout()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        return at?.FullName ?? "/";
    }
}
