using System.Diagnostics;

namespace Espalier.Storage.Tests.Git;

/// <summary>A git work tree as a team would have it, made by the git program with its ordinary habits.</summary>
internal sealed class SourceRepository : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SourceRepository() => Run("init", "--quiet", "--initial-branch=main");

    public string Path => _folder.Path;

    public SourceRepository Write(string relative, string text)
    {
        _folder.Write(relative, text);
        return this;
    }

    public string Commit(string message = "first")
    {
        Run("add", "--all", "--force");
        Run("commit", "--quiet", "--message", message);
        return Head;
    }

    public string Head => Run("rev-parse", "HEAD");

    public string Run(params string[] arguments) => Feed("", arguments);

    public string Feed(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Path,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in new[]
        {
            ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@example.org"),
            ("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@example.org"), ("GIT_AUTHOR_DATE", "1700000000 +0200"),
            ("GIT_COMMITTER_DATE", "1700000000 +0200"),
        }) start.Environment[name] = value;
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"git {arguments[0]}: {errors}");
    }

    public void Dispose() => _folder.Dispose();
}
