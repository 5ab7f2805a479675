using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Habits;

/// <summary>Whoever switches a check off says why, where it is switched off.</summary>
internal static partial class Reasons
{
    /// <summary>Suppressions of <paramref name="line"/> that say no reason on the same line.</summary>
    public static bool LacksReason(string file, string line)
    {
        var suppression = Path.GetExtension(file) switch
        {
            ".cs" => CSharp().Match(line),
            ".csproj" or ".props" or ".targets" => Project().Match(line),
            ".py" => Python().Match(line),
            ".ts" or ".tsx" or ".js" or ".mjs" => TypeScript().Match(line),
            _ => Match.Empty,
        };
        return suppression.Success && !Reason().IsMatch(line[(suppression.Index + suppression.Length)..]);
    }

    /// <summary>Lines of BannedSymbols.txt without a reason after the symbol.</summary>
    public static IEnumerable<string> WithoutReason(IEnumerable<string> bannedSymbols) =>
        bannedSymbols.Where(line => line.Trim().Length > 0 && (line.Split(';') is not [_, var reason] || reason.Trim().Length < 10));

    /// <summary>Rules of a global config that are off without a comment above them; a comment covers the lines right below it.</summary>
    public static IEnumerable<string> WithoutComment(IEnumerable<string> globalConfig)
    {
        var covered = false;
        foreach (var line in globalConfig)
        {
            if (line.StartsWith('#')) covered = line.Trim('#', ' ').Length >= 10;
            else if (!line.StartsWith("dotnet_diagnostic.", StringComparison.Ordinal)) covered = false;
            else if (!covered && Off().IsMatch(line)) yield return line;
        }
    }

    [GeneratedRegex(@"#pragma warning disable[ \w,]*|SuppressMessage\([^)]*?,[^)]*?,?|\bSkip\s*=\s*|\bAssert\.Skip(?:When|Unless)?\(")]
    private static partial Regex CSharp();

    [GeneratedRegex("<(?:NoWarn|WarningsNotAsErrors|MSBuildWarningsAsMessages)>[^<]*</\\w+>|\\bNoWarn=\"[^\"]*\"")]
    private static partial Regex Project();

    [GeneratedRegex(@"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?)|pytest\.mark\.skip\w*\(|unittest\.skip\w*\(")]
    private static partial Regex Python();

    [GeneratedRegex(@"eslint-disable(?:-next-line|-line)?[\w@/, -]*?(?=--|\*/|$)|@ts-(?:ignore|expect-error|nocheck)|\b(?:it|test|describe)\.skip\(")]
    private static partial Regex TypeScript();

    // A few words, in a comment or a string.
    [GeneratedRegex("""\w{2,}\W+\w{2,}\W+\w+""")]
    private static partial Regex Reason();

    [GeneratedRegex(@"severity\s*=\s*(?:none|silent|suggestion)")]
    private static partial Regex Off();
}
