using System.Runtime.InteropServices;

namespace Espalier.ChDb.Native;

/// <summary>The few calls of the C library that .NET has no face for.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SignalAction(int signal, byte* action, byte* previous);

    /// <summary>Changes the environment that native code reads; .NET's own setter changes a copy.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

    /// <summary>Leaves without running exit handlers, for when native threads will not stop.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int status);
}
