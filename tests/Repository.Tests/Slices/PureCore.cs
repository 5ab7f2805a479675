using Espalier.Repository.Tests.Compiled;

namespace Espalier.Repository.Tests.Slices;

/// <summary>What Core must not touch: files, processes, networks, the console, the clock and dice. It is handed what it needs.</summary>
internal static class PureCore
{
    private static readonly string[] Namespaces =
    [
        "Microsoft.AspNetCore", "Microsoft.Data", "Microsoft.Extensions.Hosting", "System.Data", "System.IO.Compression", "System.IO.Enumeration",
        "System.IO.MemoryMappedFiles", "System.IO.Pipes", "System.Net", "System.Runtime.InteropServices.Marshalling",
    ];

    private static readonly string[] Types =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileInfo", "System.IO.DirectoryInfo", "System.IO.DriveInfo", "System.IO.FileStream",
        "System.IO.FileSystemInfo", "System.IO.FileSystemWatcher", "System.IO.RandomAccess", "System.Console", "System.Random",
        "System.Diagnostics.Process", "System.Diagnostics.ProcessStartInfo", "System.Diagnostics.Stopwatch",
        "System.Security.Cryptography.RandomNumberGenerator", "System.Threading.Thread", "System.Threading.Timer", "System.Threading.PeriodicTimer",
    ];

    // Members of types that are fine otherwise.
    private static readonly string[] Members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now",
        "System.DateTimeOffset.get_UtcNow", "System.TimeProvider.get_System", "System.Guid.NewGuid", "System.Environment.get_TickCount",
        "System.Environment.get_TickCount64", "System.Environment.GetEnvironmentVariable", "System.Environment.GetEnvironmentVariables",
        "System.Environment.get_MachineName", "System.Environment.get_ProcessId", "System.Environment.get_CurrentDirectory",
        "System.IO.Path.GetTempPath", "System.IO.Path.GetTempFileName", "System.IO.Path.GetRandomFileName", "System.IO.Path.GetFullPath",
        "System.IO.Path.Exists",
    ];

    public static IEnumerable<TypeUse> Broken(IEnumerable<TypeUse> uses) => uses.Where(use =>
        Array.Exists(Namespaces, space => use.ToNamespace == space || use.ToNamespace.StartsWith(space + ".", StringComparison.Ordinal))
        || Types.Contains(use.To)
        || (use.Member is not null && Members.Contains($"{use.To}.{use.Member}")));
}
