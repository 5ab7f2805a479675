namespace Espalier.Core.Runs;

/// <summary>Files that a program works on, a private copy for it. Its variable <c>ESPALIER_WORKSPACE</c> names the folder.</summary>
public sealed record SandboxWorkspace
{
    /// <summary>Where they may lie inside: one or more names below the root, none of the system's own.</summary>
    private static readonly string[] Taken = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "etc", "proc", "sys", "dev", "tmp", "run", "work", "in", "laid"];

    /// <summary>Folder on the host with the files.</summary>
    public required string SourceFolder { get; init; }

    /// <summary>Absolute path inside, such as <c>/app</c>; null lays them over the program's work folder.</summary>
    public string? Path { get; init; }

    /// <summary>True when <see cref="ISandboxProcess.CollectAsync"/> will ask for the folder's files at the end.</summary>
    public bool Collected { get; init; }

    /// <summary>Whether files can be put there: <c>/app</c> and <c>/srv/repo</c> can, <c>/usr</c> and <c>/app/../etc</c> cannot.</summary>
    public static bool IsPath(string path)
    {
        if (path.Length is < 2 or > 200 || path[0] != '/') return false;
        var names = path[1..].Split('/');
        return !Taken.Contains(names[0], StringComparer.Ordinal)
            && names.All(name => name.Length > 0 && name is not ("." or "..") && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'));
    }
}
