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

        var headings = Checkout.Lines(page).Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]).ToList();

        headings.ShouldBe(["Why", "The objects", "An example", "Limits"], "Every slice is explained in the same order.");
    }

    [Fact]
    public void Architecture_FitsOnTwoPages() =>
        Checkout.Lines("ARCHITECTURE.md").Length.ShouldBeLessThanOrEqualTo(130, "Two printed pages; what is longer belongs to a slice's page.");
}
