using System.Globalization;
using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Storage.Git;

/// <summary>Which names may be in an agent's repository: names that mean the same file on every file system and to every program.</summary>
internal static class RepositoryPaths
{
    public const string Contract = "espalier.yaml";

    /// <summary>Refuses a path whose name some system reads as another, with the fix.</summary>
    public static void Check(string path)
    {
        var segments = path.Split('/');
        if (segments.Length > RepositoryLimits.Depth)
            throw Refuse(path, $"lies {segments.Length} folders deep, the limit is {RepositoryLimits.Depth}", "Move it up.");
        foreach (var segment in segments)
            if (WhyNot(segment) is { } why) throw Refuse(path, why, "Rename it.");
    }

    /// <summary>Refuses two paths that are one file on a system that ignores case, and a file that is also a folder.</summary>
    public static void CheckTogether(IEnumerable<string> paths)
    {
        var seen = new Dictionary<string, (string Path, bool IsFile)>();
        foreach (var path in paths)
        {
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end > 0; end = path.IndexOf('/', end + 1)) Add(path[..end], isFile: false);
            Add(path, isFile: true);
        }

        void Add(string path, bool isFile)
        {
            if (seen.TryAdd(path.ToUpperInvariant(), (path, isFile))) return;
            var other = seen[path.ToUpperInvariant()];
            if (other.Path != path) throw Refuse(path, $"differs from {other.Path} in case only", "Rename one of them.");
            if (isFile || other.IsFile) throw Refuse(path, "is a file and a folder at once", "Rename one of them.");
        }
    }

    /// <summary>What a caller wrote, as a message may repeat it.</summary>
    public static string Cut(string text) => new([.. text.Where(character => !char.IsControl(character)).Take(80)]);

    public static Refusal Refuse(string path, string why, string fix) =>
        new("repository-path-refused", 422, $"The path {Show(path)} cannot be in an agent's repository: it {why}.", fix);

    private static string? WhyNot(string name)
    {
        if (name.Length == 0) return "has an empty name in it";
        if (Encoding.UTF8.GetByteCount(name) > 255) return "has a name of more than 255 bytes";
        if (name is "." or "..") return "leaves its folder";
        if (name[0] == '-') return "starts with a dash, which programs read as an option";
        if (name[^1] is '.' or ' ') return "ends with a dot or blank, which some systems drop";
        if (IsGitFolder(name)) return "has a name that git reads as its own folder";
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.Value is '\\' or ':' or 0xFFFD) return "has a backslash, a colon or a broken character in its name";
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                return $"has the invisible character U+{rune.Value:X4} in its name";
            // Names are compared by code point here, so the decomposed spelling of a letter, a second one for one name, is refused.
            if (rune.Value is (>= 0x300 and <= 0x36F) or 0x3099 or 0x309A or (>= 0x1100 and <= 0x11FF))
                return $"writes a letter with the combining character U+{rune.Value:X4}; use the composed letter (NFC)";
        }

        return null;
    }

    private static bool IsGitFolder(string name)
    {
        var plain = name.TrimEnd('.', ' ');
        return plain.Equals(".git", StringComparison.OrdinalIgnoreCase)
            || (plain.Length == 5 && plain.StartsWith("git~", StringComparison.OrdinalIgnoreCase) && char.IsAsciiDigit(plain[4]));
    }

    /// <summary>The path with what a terminal would act on made visible.</summary>
    private static string Show(string path)
    {
        var shown = new StringBuilder();
        foreach (var rune in path.EnumerateRunes().Take(300))
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator)
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else shown.Append(rune);
        }

        return shown.ToString();
    }
}
