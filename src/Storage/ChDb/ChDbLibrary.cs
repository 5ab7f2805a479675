namespace Espalier.Storage.ChDb;

/// <summary>Finds the native library. It is too large to ship in the repository, so npm fetches it: pinned by version and hash.</summary>
/// <remarks>The current directory is never searched: it may be an agent's repository, and what lies there is not ours to load.</remarks>
public static class ChDbLibrary
{
    public const string Variable = "ESPALIER_CHDB_LIBRARY";

    public const string Package = "@chdb/lib-linux-x64-gnu";

    public const string Version = "26.7.3-stable.1";

    private const string FileName = "libchdb.so";

    /// <summary>The library's absolute path; null when it is in none of the places.</summary>
    /// <param name="option">The configured path. When it or the environment variable is set, nothing else is tried.</param>
    public static string? Find(string? option) => Places(option, AppContext.BaseDirectory).FirstOrDefault(File.Exists);

    /// <summary>What to tell a person when <see cref="Find"/> gave null: where it looked and what to type.</summary>
    public static string HowToGet(string? option) =>
        $"The trace store's native library ({FileName}) was not found. Get it with: "
        + $"npm install --ignore-scripts --prefix {CacheFolder()} {Package}@{Version} "
        + "(in a checkout: npm ci --ignore-scripts --prefix eng/native), "
        + $"or set {Variable} to the file. Looked for: {string.Join(", ", Places(option, AppContext.BaseDirectory))}.";

    internal static IEnumerable<string> Places(string? option, string baseFolder)
    {
        if ((option ?? Environment.GetEnvironmentVariable(Variable)) is { Length: > 0 } named)
        {
            yield return Path.GetFullPath(named);
            yield break;
        }

        yield return Path.Combine(baseFolder, FileName);
        for (var folder = new DirectoryInfo(baseFolder); folder is not null; folder = folder.Parent)
        {
            // Only checkouts have this folder; naming every parent would make the message long.
            var native = Path.Combine(folder.FullName, "eng", "native");
            if (Directory.Exists(native)) yield return InModules(native);
        }

        yield return InModules(CacheFolder());
    }

    private static string InModules(string folder) => Path.Combine(folder, "node_modules", "@chdb", "lib-linux-x64-gnu", FileName);

    private static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "espalier", "native");
    }
}
