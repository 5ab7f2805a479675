using Espalier.Contracts.Datasets;
using Espalier.Core.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

public sealed class SearchCasesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(7, 3)]
    [InlineData(100, 50)]
    [InlineData(1000, 60)]
    public void Divide_SearchSplit_EvaluatesAtMostHalfAndKeepsTheGroupsApart(int count, int evaluated)
    {
        var search = TriageCases.Make(count);
        var divided = SearchCases.Divide(search, TriageCases.Make(5), SessionWorld.Plan());
        divided.Evaluation.Count.ShouldBe(evaluated);
        divided.Confirm.Count.ShouldBe(5);
        var groups = divided.Evaluation.Select(one => one.Group).ToHashSet();
        divided.Material.ShouldAllBe(one => !groups.Contains(one.Group));
        divided.Material.Count.ShouldBe(search.Count(one => !groups.Contains(one.Group)));
    }

    [Fact]
    public void Divide_SameSeed_IsTheSameAndAnotherSeedIsNot()
    {
        IReadOnlyList<Case> Evaluation(long seed) => SearchCases.Divide(TriageCases.Make(200), [], SessionWorld.Plan(seed)).Evaluation;
        Evaluation(1).Select(one => one.Id).ShouldBe(Evaluation(1).Select(one => one.Id));
        Evaluation(1).Select(one => one.Id).ShouldNotBe(Evaluation(2).Select(one => one.Id));
    }

    [Fact]
    public void Divide_NoReferences_HasNoMaterial()
    {
        var divided = SearchCases.Divide(TriageCases.Make(100, references: false), [], SessionWorld.Plan());
        divided.Evaluation.Count.ShouldBe(50);
        divided.Material.ShouldBeEmpty();
    }
}
