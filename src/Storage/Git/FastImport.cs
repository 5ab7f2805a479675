using System.Globalization;
using System.Text;
using Espalier.Contracts.Agents;

namespace Espalier.Storage.Git;

/// <summary>Writes one commit through <c>git fast-import</c>: one process, no working tree, no index, and nothing visible until all is there.</summary>
/// <remarks>Contents go in with their length before them, so no byte of a file can be read as a command.</remarks>
internal static class FastImport
{
    private const string NoObject = "0000000000000000000000000000000000000000";

    public static GitCall Call(string repository) => new(repository, "fast-import", "--quiet", "--date-format=raw", "--done");

    /// <param name="input">Git's standard input.</param>
    /// <param name="output">Git's standard output.</param>
    /// <param name="commit">What to write.</param>
    /// <param name="cancellationToken">Stops it; nothing is kept then.</param>
    public static async Task<(VersionId Version, TreeId Tree)> WriteAsync(
        Stream input, Stream output, NewCommit commit, CancellationToken cancellationToken)
    {
        // Git wants a name to build the commit under; it is gone when the process ends.
        var building = $"refs/espalier-new/{commit.Nonce}";
        // Not disposed: that would close the pipe, which is the caller's.
        var pipe = new BufferedStream(input, 64 << 10);
        await TextAsync($"commit {building}\nmark :1\n");
        foreach (var role in (string[])["author", "committer"])
            await TextAsync(string.Create(CultureInfo.InvariantCulture, $"{role} {CommitObject.Identity} {commit.At} +0000\n"));
        await DataAsync(Encoding.UTF8.GetBytes(commit.Message));
        if (commit.Parent is { } parent) await TextAsync($"from {parent}\n");
        foreach (var (path, content) in commit.Changes.OrderBy(change => change.Key, StringComparer.Ordinal))
        {
            if (content is null)
            {
                await TextAsync($"D {Quote(path)}\n");
                continue;
            }

            await TextAsync($"M {(commit.Executable.Contains(path) ? "100755" : "100644")} inline {Quote(path)}\n");
            await DataAsync(content);
        }

        await TextAsync("\nget-mark :1\nls :1 \"\"\n");
        await pipe.FlushAsync(cancellationToken);
        using var answers = new StreamReader(output, Encoding.ASCII, detectEncodingFromByteOrderMarks: false, bufferSize: 256, leaveOpen: true);
        var version = await LineAsync(answers);
        var tree = (await LineAsync(answers)).Split(' ', '\t') is [_, "tree", var id, ..] ? id : throw new EndOfStreamException("git fast-import named no tree.");
        await TextAsync($"reset refs/espalier/{version}\nfrom :1\n\nreset {building}\nfrom {NoObject}\n\ndone\n");
        await pipe.FlushAsync(cancellationToken);
        return (new VersionId(version), new TreeId(tree));

        async Task TextAsync(string text) => await pipe.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

        async Task DataAsync(byte[] bytes)
        {
            await TextAsync(string.Create(CultureInfo.InvariantCulture, $"data {bytes.Length}\n"));
            await pipe.WriteAsync(bytes, cancellationToken);
            await TextAsync("\n");
        }

        async Task<string> LineAsync(StreamReader reader) =>
            await reader.ReadLineAsync(cancellationToken) ?? throw new EndOfStreamException("git fast-import ended before the commit was there.");
    }

    private static string Quote(string path) =>
        $"\"{path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}

/// <summary>A commit to be written. Equal parent, message, date and changes give an equal SHA.</summary>
internal sealed record NewCommit
{
    public required VersionId? Parent { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long At { get; init; }

    public required string Message { get; init; }

    /// <summary>Path to content; null content deletes the file.</summary>
    public required IReadOnlyDictionary<string, byte[]?> Changes { get; init; }

    public required IReadOnlySet<string> Executable { get; init; }

    /// <summary>Tells commits apart while they are built; no part of them.</summary>
    public required string Nonce { get; init; }
}
