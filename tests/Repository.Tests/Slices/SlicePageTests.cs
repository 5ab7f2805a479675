namespace Espalier.Repository.Tests.Slices;

public sealed class SlicePageTests
{
    public static TheoryData<string> Loop => ["traces", "datasets", "judging", "diagnosis", "search", "frontiers", "releases"];

    [Theory]
    [MemberData(nameof(Loop))]
    public void Slice_OfTheLoop_HasItsPage(string slice)
    {
        var page = $"docs/slices/{slice}.md";
        Checkout.Files.ShouldContain(page);

        var lines = Checkout.Lines(page);
        var why = lines.SkipWhile(line => line.StartsWith('#') || line.Length == 0).TakeWhile(line => !line.StartsWith('#')).ToList();

        lines[0].ShouldBe("# " + char.ToUpperInvariant(slice[0]) + slice[1..]);
        why.Count.ShouldBeGreaterThan(1, "A page opens with why the slice exists, before any heading.");
        lines.ShouldContain("## The objects");
        lines.ShouldContain(line => line.StartsWith("## An example", StringComparison.Ordinal) || line.StartsWith("Example: ", StringComparison.Ordinal));
        lines.ShouldContain("## Limits");
    }

    [Fact]
    public void Architecture_FitsOnTwoPages() =>
        Checkout.Lines("ARCHITECTURE.md").Length.ShouldBeLessThanOrEqualTo(130, "Two printed pages; what is longer belongs to a slice's page.");
}
