using Microsoft.Extensions.Logging;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Folders outside of <c>/usr</c> that programs need: what the options name, and where python3 and node of the host's PATH live.</summary>
/// <remarks>A version manager's <c>python3</c> is a script that needs its home folder; the interpreter is asked for its own prefix instead,
/// and only that prefix is shown.</remarks>
internal static class Interpreters
{
    public static async Task<IReadOnlyList<string>> FoldersAsync(WorkersOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var folders = options.ReadOnlyPaths.Select(Path.GetFullPath).ToList();
        await AddAsync("python3", ["-c", "import sys; print(sys.prefix); print(sys.base_prefix)"], lines => lines);
        await AddAsync("node", ["-p", "process.execPath"], lines => lines.Select(path => Path.GetDirectoryName(Path.GetDirectoryName(path)) ?? "/"));
        return [.. folders.Distinct()];

        async Task AddAsync(string program, string[] question, Func<IReadOnlyList<string>, IEnumerable<string>> prefixes)
        {
            if (Programs.Find(program) is not { } path || IsInUsr(Path.GetDirectoryName(path)!)) return;
            var answer = await Tool.AskAsync(path, question, cancellationToken);
            if (answer is null)
            {
                logger.InterpreterLeftOut(program, path, "it did not say where it lives");
                return;
            }

            foreach (var prefix in prefixes(answer).Where(prefix => !IsInUsr(prefix) && !folders.Contains(prefix)))
            {
                if (IsTooWide(prefix, options.StateFolder))
                {
                    logger.InterpreterLeftOut(program, path, $"its folder {prefix} holds more than the interpreter; name a narrower one in ReadOnlyPaths");
                    continue;
                }

                logger.InterpreterFound(prefix);
                folders.Add(prefix);
            }
        }
    }

    private static bool IsInUsr(string path) => path is "/usr" or "/bin" or "/sbin" || path.StartsWith("/usr/", StringComparison.Ordinal);

    /// <summary>A prefix that is a home folder or a shelf of many programs would show what is no interpreter.</summary>
    private static bool IsTooWide(string prefix, string stateFolder)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return !Directory.Exists(prefix)
            || prefix.Count(c => c == '/') < 2
            || prefix.EndsWith("/.local", StringComparison.Ordinal)
            || IsWithin(home, prefix)
            || IsWithin(Path.GetFullPath(stateFolder), prefix);
    }

    private static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);
}
