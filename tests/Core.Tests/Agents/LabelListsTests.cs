using Espalier.Core.Agents;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Agents;

public sealed class LabelListsTests
{
    private static readonly HashSet<string> Labels = ["refund", "parcel_late", "lost parcel"];

    [Theory]
    [InlineData("refund\nparcel_late\n", "refund 0, parcel_late 1")]
    [InlineData("- refund\n* parcel_late\n  - lost parcel  \n", "refund 0, parcel_late 1, lost parcel 2")]
    [InlineData("- refund: money back\n- parcel_late : late\n", "refund 0, parcel_late 1")]
    [InlineData("refund\r\nparcel_late\r\n", "refund 0, parcel_late 1")]
    [InlineData("refund\nrefund\n", "refund 0")]
    [InlineData("Refund\nrefunds\na refund\n-refund\n", "")]
    [InlineData("{\"input\": \"refund\", \"output\": \"refund\"}\n", "")]
    [InlineData("", "")]
    public void Find_Lines_GivesEachLabelWhereItStandsFirst(string text, string found) =>
        string.Join(", ", LabelLists.Find(text, Labels).OrderBy(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}")).ShouldBe(found);

    [Fact]
    public void Describe_ListedLabels_EndInTheirDescription()
    {
        var text = "Intents:\n- refund\n  * parcel_late: old words\nlost parcel\nother\n";
        var described = LabelLists.Describe(text, new Dictionary<string, string> { ["refund"] = "money, back", ["parcel_late"] = "where, still", ["absent"] = "x" });
        described.ShouldBe("Intents:\n- refund: money, back\n  * parcel_late: where, still\nlost parcel\nother\n");
        LabelLists.Describe(described, new Dictionary<string, string> { ["refund"] = "money, back" }).ShouldBe(described);
    }

    [Fact]
    public void Remove_ListedLabels_LeavesTheOtherLines() =>
        LabelLists.Remove("Intents:\n- refund: money\nparcel_late\nother\n", Labels).ShouldBe("Intents:\nother\n");

    [Fact]
    public void DescribeAndRemove_AnyList_RoundTrip()
    {
        var names = Gen.Choose(1, 40).Select(i => $"label_{i}").ArrayOf().Select(all => all.Distinct().ToArray());
        var bullets = Gen.Elements("", "- ", "* ", "  - ");
        var lists =
            from labels in names
            from bullet in bullets
            from intro in Gen.Elements("Sort requests.\n", "# Intents\n\n", "")
            select (labels, Intro: intro, Text: intro + string.Concat(labels.Select(label => $"{bullet}{label}\n")));
        Prop.ForAll(lists.ToArbitrary(), list =>
        {
            var set = list.labels.ToHashSet();
            var described = LabelLists.Describe(list.Text, set.ToDictionary(label => label, label => $"words of {label}, and: more"));
            return LabelLists.Find(list.Text, set).Count == set.Count
                && LabelLists.Find(described, set).Count == set.Count
                && LabelLists.Remove(described, set) == list.Intro
                && LabelLists.Remove(list.Text, set) == list.Intro;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Find_HostileTexts_EndsWhateverTheyAre()
    {
        // Whoever goes back over a line of a million characters for each of them does not end in a day.
        string[] texts =
        [
            new string(' ', 1_000_000), new string('-', 1_000_000), "- " + new string(' ', 1_000_000) + "x", "a" + new string(' ', 1_000_000) + "b",
            string.Concat(Enumerable.Repeat("- ", 100_000)), "refund" + new string('\t', 1_000_000) + ":", new string(':', 1_000_000),
            string.Concat(Enumerable.Repeat("a ", 100_000)), "\ud83c\udf33\0\u202e", "refund\0", new string('\n', 100_000),
        ];
        foreach (var text in texts)
        {
            LabelLists.Find(text, Labels).Count.ShouldBeLessThanOrEqualTo(1);
            LabelLists.Remove(text, new HashSet<string>()).ShouldBe(text);
        }
    }
}
