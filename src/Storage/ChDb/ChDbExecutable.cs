using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Espalier.Storage.ChDb;

/// <summary>Finds the executable that holds the embedded engine, and how to start it.</summary>
internal static class ChDbExecutable
{
    private const string Assembly = "Espalier.ChDb.dll";

    /// <summary>Null when it is nowhere: then the installation is incomplete.</summary>
    public static string? Find(string? option)
    {
        if (option is not null) return File.Exists(option) ? Path.GetFullPath(option) : null;
        return Places(AppContext.BaseDirectory).FirstOrDefault(File.Exists);
    }

    public static string HowToGet(string? option) => option is not null
        ? $"The trace store's executable was not found at {option}."
        : $"The trace store's executable ({Assembly}) was not found. It is built with src/ChDb and published beside the server. "
            + $"Looked for: {string.Join(", ", Places(AppContext.BaseDirectory))}.";

    /// <summary>Starts the assembly with the runtime that runs this process; a self-contained one by its own executable.</summary>
    public static ProcessStartInfo StartInfo(string assembly)
    {
        var info = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // The folder is ROOT/shared/Microsoft.NETCore.App/VERSION/.
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var own = Path.ChangeExtension(assembly, null);
        if (File.Exists(host))
        {
            info.FileName = host;
            info.ArgumentList.Add(assembly);
        }
        else
        {
            info.FileName = own;
        }

        // The engine has its own cap; what .NET adds is buffers of requests in flight.
        info.Environment["DOTNET_gcServer"] = "0";
        info.Environment["DOTNET_GCHeapHardLimit"] = "0x10000000";
        info.Environment["DOTNET_TieredPGO"] = "0";
        // Keys and tokens of the server are none of its business; neither are hooks that a profiler or a test host has set.
        foreach (var name in info.Environment.Keys.Where(IsForeign).ToList()) info.Environment.Remove(name);
        return info;
    }

    private static bool IsForeign(string name) =>
        name.Contains("KEY", StringComparison.OrdinalIgnoreCase)
        || name.Contains("TOKEN", StringComparison.OrdinalIgnoreCase)
        || name.Contains("SECRET", StringComparison.OrdinalIgnoreCase)
        || name.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
        || name is "DOTNET_STARTUP_HOOKS" or "DOTNET_URLS";

    private static IEnumerable<string> Places(string baseFolder)
    {
        yield return Path.Combine(baseFolder, Assembly);
        yield return Path.Combine(baseFolder, "chdb", Assembly);
        // artifacts/bin/PROJECT/CONFIGURATION/: the sibling project of the same configuration.
        var folder = new DirectoryInfo(baseFolder.TrimEnd(Path.DirectorySeparatorChar));
        if (folder.Parent?.Parent is { } bin) yield return Path.Combine(bin.FullName, "ChDb", folder.Name, Assembly);
    }
}
