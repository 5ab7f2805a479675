using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Memory.Retrieval;
using Case = Espalier.Contracts.Datasets.Case;

namespace Espalier.Gateway.Tests.Policies;

public sealed class CaseIndexTests
{
    [Fact]
    public void Nearest_AnyOrderOfCases_GivesTheSameMostSimilarLast()
    {
        Case[] cases = [One(1, "red boots"), One(2, "red boots too small"), One(3, "green stove"), One(4, "red boots and stove"), One(5, "boots")];
        var expected = new CaseIndex(cases).Nearest("red boots small", 3, 0, null);
        expected[^1].Input.ShouldBe("red boots too small");
        for (var seed = 0; seed < 10; seed++)
            new CaseIndex(new Seed(seed).For("order").Shuffle(cases)).Nearest("red boots small", 3, 0, null).ShouldBe(expected);
    }

    [Fact]
    public void Nearest_Limits_AreKept()
    {
        var index = new CaseIndex([One(1, "red boots", "g"), One(2, "Red  boots?"), One(3, "boots red small"), One(4, "lamp"), One(5, "boots") with { Reference = null }]);
        index.Count.ShouldBe(4);
        index.Nearest("red boots", 9, 0, "g").ShouldBe([new LabelledExample("boots red small", "r")]);
        index.Nearest("red boots", 9, 0.99, null).ShouldBeEmpty();
        index.Nearest("zzz", 9, 0, null).ShouldBeEmpty();
    }

    [Fact]
    public void Nearest_MatchesAFullSort()
    {
        var rng = new Seed(7).For("words");
        string[] words = ["tent", "boot", "stove", "late", "refund", "address", "broken", "blue", "red", "zip"];
        var cases = Enumerable.Range(0, 300).Select(i => One(i, string.Join(' ', Enumerable.Range(0, 1 + rng.Next(6)).Select(_ => words[rng.Next(words.Length)])))).ToList();
        var index = new CaseIndex(cases);
        var all = index.Nearest("late blue tent zip", 300, 0, null);
        foreach (var count in (int[])[1, 2, 8, 50]) index.Nearest("late blue tent zip", count, 0, null).ShouldBe(all.TakeLast(count));
    }

    private static Case One(int id, string input, string? group = null) => new()
    {
        Id = new CaseId($"case_{id:000}"),
        Input = input,
        Reference = "r",
        Group = group ?? $"group {id}",
        Split = Split.Search,
        Sources = ["import"],
    };
}
