namespace Espalier.Core.Datasets;

/// <summary>Where files of a case may lie in a sandbox: one or more names below the root, none of the system's own.</summary>
public static class WorkspacePlace
{
    private static readonly string[] Taken = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "etc", "proc", "sys", "dev", "tmp", "run", "work", "in", "laid"];

    /// <summary><c>/app</c> and <c>/srv/repo</c> can be, <c>/usr</c> and <c>/app/../etc</c> cannot.</summary>
    public static bool IsPath(string path)
    {
        if (path.Length is < 2 or > 200 || path[0] != '/') return false;
        var names = path[1..].Split('/');
        return !Taken.Contains(names[0], StringComparer.Ordinal)
            && names.All(name => name.Length > 0 && name is not ("." or "..") && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'));
    }
}
