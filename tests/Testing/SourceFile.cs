using System.Runtime.CompilerServices;

namespace Espalier.Testing;

/// <summary>Files that lie beside a test's source: vectors and golden files.</summary>
public static class SourceFile
{
    /// <summary>The path of <paramref name="relative"/> seen from the folder of the calling test.</summary>
    public static string Path(string relative, [CallerFilePath] string caller = "") =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(caller)!, relative);

    public static string Read(string relative, [CallerFilePath] string caller = "") => File.ReadAllText(Path(relative, caller));
}
