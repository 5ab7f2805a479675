using System.Text.RegularExpressions;
using Espalier.Testing;

namespace Espalier.Server.Tests.Reference;

public sealed partial class ProblemsPageTests
{
    [Fact]
    public void Page_HasEveryCodeOfTheSource_AndNoOther()
    {
        var used = Sources().SelectMany(file => CodesIn(File.ReadAllText(file))).Distinct().Order(StringComparer.Ordinal).ToList();
        var described = Heading().Matches(SourceFile.Read("../../../docs/reference/problems.md")).Select(match => match.Groups["code"].Value).ToList();

        used.Count.ShouldBeGreaterThan(40);
        described.ShouldBeUnique();
        used.Except(described).ShouldBeEmpty("codes that docs/reference/problems.md does not describe");
        described.Except(used).ShouldBeEmpty("codes in docs/reference/problems.md that nothing uses");
        described.SequenceEqual(described.Order(StringComparer.Ordinal)).ShouldBeTrue("the page is in the order of the alphabet");
    }

    [Fact]
    public void Events_InAllLogs_HaveIdsOfTheirOwn()
    {
        var ids = Sources().SelectMany(file => Event().Matches(File.ReadAllText(file)).Select(match => match.Groups["id"].Value)).ToList();

        ids.Count.ShouldBeGreaterThan(20);
        ids.ShouldBeUnique();
    }

    private static IEnumerable<string> CodesIn(string text) =>
        Thrown().Matches(text).Concat(Constant().Matches(text)).Concat(Described().Matches(text)).Select(match => match.Groups["code"].Value);

    private static IEnumerable<string> Sources() =>
        from project in (string[])["Contracts", "Core", "Storage", "Gateway", "Workers", "Server"]
        from file in Directory.EnumerateFiles(SourceFile.Path($"../../../src/{project}"), "*.cs", SearchOption.AllDirectories)
        select file;

    [GeneratedRegex("""^## (?<code>[a-z-]+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();

    /// <summary>The first argument of a refusal, also of one whose type the compiler infers.</summary>
    [GeneratedRegex("""(?:new Refusal|new|Describe|RefuseAsync)\((?:\s|context, \d+, )*"(?<code>[a-z]+(-[a-z]+)+|fault)",\s*(?:\d{3}|"|exception)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Thrown();

    /// <summary>The codes of faults of storage, and a code that several refusals share.</summary>
    [GeneratedRegex("""const string \w+ = "(?<code>storage-[a-z-]+|request-not-valid)";""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Constant();

    [GeneratedRegex("""context, \d{3}, "(?<code>[a-z-]+)",""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Described();

    [GeneratedRegex("""LoggerMessage\((?:EventId = )?(?<id>\d+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Event();
}
