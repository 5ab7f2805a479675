using System.Runtime.InteropServices;
using SQLitePCL;

namespace Espalier.Storage.Sqlite;

/// <summary>Loads the operating system's SQLite, which gets its security fixes, and the bundled one only where that is missing or too old.</summary>
internal static class SqliteLibrary
{
    public const string Bundled = "bundled";

    // 3.35 has RETURNING and UPSERT with several clauses; the bundled library is of that age.
    private const int OldestVersion = 3_035_000;

    private static readonly string[] SystemNames = OperatingSystem.IsMacOS()
        ? ["/usr/lib/libsqlite3.dylib"]
        : OperatingSystem.IsWindows() ? [] : ["libsqlite3.so.0"];

    private static readonly Lazy<string> Loaded = new(Load);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VersionNumber();

    /// <summary>Loads it once for the process; returns the name of the library that runs.</summary>
    public static string Ensure() => Loaded.Value;

    private static string Load()
    {
        var system = IntPtr.Zero;
        var name = Bundled;
        foreach (var candidate in SystemNames)
        {
            if (!NativeLibrary.TryLoad(candidate, out var handle)) continue;
            if (NativeLibrary.TryGetExport(handle, "sqlite3_libversion_number", out var address)
                && Marshal.GetDelegateForFunctionPointer<VersionNumber>(address)() >= OldestVersion)
            {
                (system, name) = (handle, candidate);
                break;
            }

            NativeLibrary.Free(handle);
        }

        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly,
            (library, _, _) => library == "e_sqlite3" ? system : IntPtr.Zero);
        Batteries_V2.Init();
        return name;
    }
}
