using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Habits;

public sealed partial class LinkTests
{
    [Fact]
    public void Documents_LinkToWhatExists() => Violations.None(
        from file in Checkout.Files
        where file.EndsWith(".md", StringComparison.Ordinal) && !file.Contains("/Golden/", StringComparison.Ordinal)
        from target in Targets(Checkout.Read(file))
        let path = Path.GetFullPath(Path.Combine(Checkout.Root, Path.GetDirectoryName(file)!, target))
        where !File.Exists(path) && !Directory.Exists(path)
        select $"{file}: {target}",
        "A link within the repository leads to a file or folder of it.");

    [Fact]
    public void Targets_OfText_AreItsRelativeLinks() =>
        Targets("[a](docs/a.md#part), [b](https://example.org/b), [c](#part) and ![d](d.svg \"D\")").ShouldBe(["docs/a.md", "d.svg"]);

    private static IEnumerable<string> Targets(string text) =>
        from match in Link().Matches(text)
        let target = match.Groups["target"].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains(':', StringComparison.Ordinal)
        select target;

    [GeneratedRegex("\\]\\((?<target>[^)\\s]+)")]
    private static partial Regex Link();
}
