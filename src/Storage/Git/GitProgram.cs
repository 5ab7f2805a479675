using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Runs the <c>git</c> program on our own repositories, with nothing of the user's or the system's configuration.</summary>
public sealed class GitProgram
{
    private const int MaxErrorText = 16 << 10;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    // Security design, section 9. A foreign directory is never the repository; these hold for the case that something slips through.
    private static readonly string[] Settings =
    [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=false", "core.protectHFS=true", "core.protectNTFS=true",
        "core.attributesFile=/dev/null", "core.sshCommand=/bin/false", "core.askPass=/bin/false", "core.fsync=committed,loose-object,reference",
        "core.fsyncMethod=batch", "protocol.allow=never", "protocol.file.allow=always", "safe.bareRepository=explicit",
        "submodule.recurse=false", "fetch.recurseSubmodules=false", "transfer.fsckObjects=true", "fetch.fsckObjects=true",
        "transfer.bundleURI=false", "credential.helper=", "http.followRedirects=false", "gc.auto=0", "maintenance.auto=false",
        "commit.gpgSign=false", "diff.external=", "uploadpack.packObjectsHook=", "core.quotePath=false",
    ];

    private readonly string[] _folders;

    public GitProgram()
        : this(Environment.GetEnvironmentVariable("PATH") ?? "")
    {
    }

    /// <param name="searchPath">Folders in which the program is looked for, like <c>PATH</c>.</param>
    internal GitProgram(string searchPath) => _folders = searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The version line of the program, for <c>doctor</c>.</summary>
    /// <exception cref="StorageFault">There is no git on this machine.</exception>
    public async Task<string> ReadVersionAsync(CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await ReadAsync(new GitCall(null, "--version"), 4096, cancellationToken)).Trim();

    /// <summary>All of standard output, at most <paramref name="maxBytes"/>.</summary>
    internal Task<byte[]> ReadAsync(GitCall call, int maxBytes, CancellationToken cancellationToken) => TalkAsync(
        call,
        async (_, output, cancellation) =>
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[32 << 10];
            int read;
            while ((read = await output.ReadAsync(buffer, cancellation)) > 0)
            {
                if (bytes.Length + read > maxBytes) throw new GitOutputTooLargeException(maxBytes);
                bytes.Write(buffer, 0, read);
            }

            return bytes.ToArray();
        },
        cancellationToken);

    /// <summary>Starts git, lets <paramref name="talk"/> use its pipes, and waits for a good end. Kills it otherwise.</summary>
    internal async Task<T> TalkAsync<T>(
        GitCall call, Func<Stream, Stream, CancellationToken, Task<T>> talk, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        using var process = Start(call);
        try
        {
            return await EndAsync(process, call, talk, limit.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"git {call.Name} did not end within {TimeLimit.TotalSeconds:0} s and was stopped.", error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static async Task<T> EndAsync<T>(
        Process process, GitCall call, Func<Stream, Stream, CancellationToken, Task<T>> talk, CancellationToken cancellationToken)
    {
        var errors = ReadErrorsAsync(process.StandardError.BaseStream, cancellationToken);
        T? answer = default;
        IOException? broken = null;
        try
        {
            answer = await talk(process.StandardInput.BaseStream, process.StandardOutput.BaseStream, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException error)
        {
            // The pipe broke because git gave up: what git says about it is the better message.
            broken = error;
        }

        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode == 0) return broken is null ? answer! : throw broken;
        var failed = new GitFailedException(call.Name, await errors, broken);
        throw (Exception?)GitFailedException.AsFault(failed, call.Repository ?? "") ?? failed;
    }

    private Process Start(GitCall call)
    {
        var program = _folders.Select(folder => Path.Combine(folder, "git")).FirstOrDefault(File.Exists) ?? throw Missing(null);
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environs(call, program)) start.Environment[name] = value;
        foreach (var argument in (string[])["--no-pager", "--literal-pathspecs"]) start.ArgumentList.Add(argument);
        foreach (var setting in Settings)
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(setting);
        }

        foreach (var argument in call.Arguments) start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start) ?? throw Missing(null);
        }
        catch (Win32Exception error)
        {
            throw Missing(error);
        }
    }

    private static IEnumerable<(string Name, string Value)> Environs(GitCall call, string program)
    {
        yield return ("PATH", $"{Path.GetDirectoryName(program)}:/usr/bin:/bin");
        yield return ("HOME", "/nonexistent");
        yield return ("LC_ALL", "C");
        yield return ("GIT_CONFIG_NOSYSTEM", "1");
        yield return ("GIT_CONFIG_GLOBAL", call.GlobalConfig ?? "/dev/null");
        yield return ("GIT_ATTR_NOSYSTEM", "1");
        yield return ("GIT_TERMINAL_PROMPT", "0");
        yield return ("GIT_ASKPASS", "/bin/false");
        yield return ("GIT_NO_REPLACE_OBJECTS", "1");
        yield return ("GIT_NO_LAZY_FETCH", "1");
        yield return ("GIT_OPTIONAL_LOCKS", "0");
        yield return ("GIT_PAGER", "cat");
        yield return ("GIT_EDITOR", "/bin/false");
        yield return ("GIT_ALLOW_PROTOCOL", "file");
        if (call.Repository is not null) yield return ("GIT_DIR", call.Repository);
    }

    private static async Task<string> ReadErrorsAsync(Stream stream, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            kept.Write(buffer, 0, (int)Math.Min(read, MaxErrorText - kept.Length));
        return Encoding.UTF8.GetString(kept.ToArray()).Trim();
    }

    private static StorageFault Missing(Exception? inner) => new(
        StorageFault.ProgramMissing, "git", "The program git is not on this machine; versions of agents are kept in git.",
        "Install it (apt-get install git, brew install git) and start the server again.", inner);
}

/// <summary>One call of git.</summary>
/// <param name="Repository">Our own bare repository; null for calls that need none.</param>
/// <param name="Arguments">The command and what follows it, each an argument of its own: no shell reads them.</param>
internal sealed record GitCall(string? Repository, params string[] Arguments)
{
    public string Name => Arguments[0];

    /// <summary>A file of ours that stands for the user's configuration; null for none.</summary>
    public string? GlobalConfig { get; init; }
}
