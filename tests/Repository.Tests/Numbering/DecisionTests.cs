using System.Globalization;
using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Numbering;

public sealed partial class DecisionTests
{
    private static readonly string[] Sections = ["Context", "Options", "Choice", "Consequences", "We would notice it was wrong"];

    private static IEnumerable<string> Decisions => Checkout.Files.Where(file => file.StartsWith("docs/decisions/", StringComparison.Ordinal));

    [Fact]
    public void Decisions_AreNumberedFromOneWithoutGaps() => Violations.None(
        Numbers.Broken("decisions", Decisions.Select(file => Path.GetFileName(file)), Name()),
        "Decisions are docs/decisions/NNNN-what-was-decided.md, one number each, without gaps.");

    [Fact]
    public void Decisions_EachHaveItsSectionsInOrder() => Violations.None(
        Decisions.SelectMany(file => Broken(file, Checkout.Read(file))),
        $"A decision has a title with its number and the sections {string.Join(", ", Sections)}, in this order.");

    [Fact]
    public void Broken_DecisionWithoutOptions_IsFound() =>
        Broken("0007-x.md", "# 7. X\n**Context.** a\n**Choice.** b\n**Consequences.** c\n**We would notice it was wrong** if d\n")
            .ShouldBe(["0007-x.md: no section 'Options', or not in its place"]);

    [Fact]
    public void Broken_DecisionWithAnotherNumberInItsTitle_IsFound() =>
        Broken("0007-x.md", "# 8. X\n**Context.** a\n**Options.** b\n**Choice.** b\n**Consequences.** c\n**We would notice it was wrong** if d\n")
            .ShouldBe(["0007-x.md: the title does not start with '# 7. '"]);

    private static IEnumerable<string> Broken(string file, string text)
    {
        var number = int.Parse(Path.GetFileName(file)[..4], CultureInfo.InvariantCulture);
        if (!text.StartsWith($"# {number}. ", StringComparison.Ordinal)) yield return $"{file}: the title does not start with '# {number}. '";
        var at = 0;
        foreach (var section in Sections)
        {
            // A section is a bold word at the start of a paragraph or a heading.
            var found = Regex.Match(text[at..], $@"^(\*\*|#+ ){Regex.Escape(section)}", RegexOptions.Multiline);
            if (found.Success) at += found.Index + found.Length;
            else yield return $"{file}: no section '{section}', or not in its place";
        }
    }

    [GeneratedRegex("^(?<number>[0-9]{4})-[a-z0-9]+(-[a-z0-9]+)*\\.md$")]
    private static partial Regex Name();
}
