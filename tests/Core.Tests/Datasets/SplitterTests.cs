using Espalier.Contracts.Datasets;
using Espalier.Core.Datasets;
using Espalier.Core.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Datasets;

public sealed class SplitterTests
{
    private static readonly Arbitrary<(int[] Sizes, int Seed)> Groups =
        (from sizes in Gen.Choose(1, 12).NonEmptyListOf() from seed in Gen.Choose(0, 1000) select (sizes.ToArray(), seed)).ToArbitrary();

    [Fact]
    public void Deal_AnyGroups_DealsEachOnceAndSharesAreWithinAGroupsSize() =>
        Prop.ForAll(Groups, dealt =>
        {
            var groups = Named(dealt.Sizes);
            var splits = Splitter.Deal(groups, new Seed(dealt.Seed));
            var (total, largest) = (groups.Values.Sum(), groups.Values.Max());
            double Of(Split split) => splits.Where(pair => pair.Value == split).Sum(pair => groups[pair.Key]);
            return splits.Count == groups.Count
                && Math.Abs(Of(Split.Search) - (0.60 * total)) <= largest
                && Math.Abs(Of(Split.Confirm) - (0.25 * total)) <= largest
                && Math.Abs(Of(Split.Vault) - (0.15 * total)) <= largest;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Deal_OtherOrderOfGroups_IsTheSame() =>
        Prop.ForAll(Groups, dealt =>
        {
            var groups = Named(dealt.Sizes);
            var reversed = groups.Reverse().ToDictionary(pair => pair.Key, pair => pair.Value);
            var (first, second) = (Splitter.Deal(groups, new Seed(dealt.Seed)), Splitter.Deal(reversed, new Seed(dealt.Seed)));
            return first.All(pair => second[pair.Key] == pair.Value);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Deal_OtherSeeds_DealOtherwise()
    {
        var groups = Named([.. Enumerable.Repeat(1, 100)]);
        Enumerable.Range(0, 10).Select(seed => string.Concat(Splitter.Deal(groups, new Seed(seed)).OrderBy(pair => pair.Key).Select(pair => pair.Value.ToString()[0])))
            .ShouldBeUnique();
    }

    [Fact]
    public void Deal_HundredSingles_IsSixtyTwentyFiveFifteen()
    {
        var splits = Splitter.Deal(Named([.. Enumerable.Repeat(1, 100)]), new Seed(1)).Values.CountBy(split => split).ToDictionary();
        splits.ShouldBe(new Dictionary<Split, int> { [Split.Search] = 60, [Split.Confirm] = 25, [Split.Vault] = 15 }, ignoreOrder: true);
    }

    [Fact]
    public void Deal_NoGroups_IsEmpty() => Splitter.Deal(new Dictionary<string, int>(), new Seed(1)).ShouldBeEmpty();

    private static Dictionary<string, int> Named(int[] sizes) => sizes.Select((size, i) => (Name: $"group {i}", size)).ToDictionary(group => group.Name, group => group.size);
}
