using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Habits;

/// <summary>What a repository must not tell: where its authors' machines keep things, where packages are fetched from, and secrets.</summary>
/// <remarks>The patterns are written so that this file does not match them.</remarks>
internal static partial class Leaks
{
    public static IEnumerable<string> Of(string line)
    {
        foreach (var (pattern, what) in All)
            if (pattern.Match(line) is { Success: true } match) yield return $"{what}: {Shown(match.Value)}";
    }

    private static (Regex Pattern, string What)[] All { get; } =
    [
        (MachinePath(), "a path of somebody's machine"),
        (RegistryHost(), "a registry's host"),
        (Download(), "a download address"),
        (ResolvedFrom(), "a lock file's address"),
        (Secret(), "what looks like a secret"),
    ];

    // A secret is not repeated in a test's output.
    private static string Shown(string value) => value.Length <= 24 ? value : value[..12] + "...";

    // Folders that only exist on one machine. Paths inside a sandbox or an image (/tmp, /usr, /work) are the product's own.
    [GeneratedRegex(@"(?<![\w.])/(?:home|Users|root)/[A-Za-z0-9_.-]+/|[A-Z]:\\Users\\|/work/(?:main|shared)\b|/tmp/(?:wt|bash_jobs)\b")]
    private static partial Regex MachinePath();

    [GeneratedRegex(
        @"\b(?:registry\.npmjs|registry\.yarnpkg|api\.nuget|www\.nuget|pypi|files\.pythonhosted|test\.pypi|index\.crates|static\.crates|proxy\.golang|registry-1\.docker|quay|gcr|ghcr|mcr\.microsoft|docker\.io|download\.pytorch|conda\.anaconda|deb\.debian|archive\.ubuntu)\.(?:org|io|com|net|dev)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"https?://[^\s""'<>)]+(?:/releases/download/|\.(?:tgz|tar\.gz|tar\.xz|tar\.zst|zip|whl|nupkg|deb|rpm|apk|so|dll|gguf|safetensors)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Download();

    [GeneratedRegex(@"""resolved""\s*:\s*""(?:https?|git)[^""]*""", RegexOptions.IgnoreCase)]
    private static partial Regex ResolvedFrom();

    [GeneratedRegex(
        @"\bAKIA[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{24,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bglpat-[A-Za-z0-9_-]{18,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}|\bnpm_[A-Za-z0-9]{30,}|\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.")]
    private static partial Regex Secret();
}
