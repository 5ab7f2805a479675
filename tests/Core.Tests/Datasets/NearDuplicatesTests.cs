using Espalier.Core.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Datasets;

public sealed class NearDuplicatesTests
{
    [Fact]
    public void Find_PlantedCopies_AreFoundAndNothingElse()
    {
        var texts = Enumerable.Range(0, 400).Select(Sentence).ToList();
        var copies = new Dictionary<int, int>();
        for (var i = 0; i < 400; i += 8)
        {
            copies[texts.Count] = i;
            texts.Add((i % 3) switch
            {
                0 => texts[i].ToUpperInvariant() + "!!!",
                1 => "  " + texts[i].Replace(" ", "   ", StringComparison.Ordinal),
                _ => texts[i] + " x",
            });
        }

        var repeats = NearDuplicates.Find(texts);
        for (var i = 0; i < texts.Count; i++) repeats[i].ShouldBe(copies.GetValueOrDefault(i, -1), texts[i]);
    }

    [Fact]
    public void Find_AnyTexts_KeepsNoTwoThatAreAlike()
    {
        // Sentences of few words, so that many are alike to some degree.
        var rng = new Seed(3).For("alike");
        string[] words = ["where", "is", "my", "parcel", "refund", "the", "please", "order", "late", "again"];
        var texts = Enumerable.Range(0, 600).Select(_ => string.Join(' ', Enumerable.Range(0, 6).Select(_ => words[rng.Next(words.Length)]))).ToList();
        var repeats = NearDuplicates.Find(texts);
        var shingles = texts.Select(text => Shingles.Of(Shingles.Normalise(text), 5)).ToList();
        var kept = Enumerable.Range(0, texts.Count).Where(i => repeats[i] < 0).ToList();
        var alike = 0;
        for (var i = 0; i < kept.Count; i++)
            for (var j = 0; j < i; j++)
                if (Shingles.Jaccard(shingles[kept[i]], shingles[kept[j]]) >= NearDuplicates.Threshold) alike++;
        // The sketch misses a pair at the threshold with probability 0.0004.
        alike.ShouldBeLessThanOrEqualTo(1);
        foreach (var i in Enumerable.Range(0, texts.Count).Where(i => repeats[i] >= 0))
        {
            repeats[repeats[i]].ShouldBe(-1, "a copy points at what is kept");
            Shingles.Jaccard(shingles[i], shingles[repeats[i]]).ShouldBeGreaterThanOrEqualTo(NearDuplicates.Threshold);
        }
    }

    [Fact]
    public void Find_ChainOfNeighbours_KeepsTheEndThatIsUnlikeTheBeginning()
    {
        // Each is near the next; the last is far from the first. The middle stands for nobody once it is a copy itself.
        const string first = "please tell me where the parcel with my new tent is now";
        const string middle = "please tell me where the parcel with my new tent is now, thanks a";
        const string last = "please tell me where the parcel with my new tent is now, thanks a lot dear";
        NearDuplicates.Find([first, middle, last]).ShouldBe([-1, 0, -1]);
    }

    [Fact]
    public void Find_EmptyAndShortTexts_AreComparedToo()
    {
        NearDuplicates.Find([]).ShouldBeEmpty();
        NearDuplicates.Find(["", "...", "hi", "Hi!", "ho"]).ShouldBe([-1, 0, -1, 2, -1]);
    }

    [Fact]
    public void Find_TwentyThousandTexts_Completes()
    {
        // Half of them one text: comparing each with each would be fifty million comparisons of sets.
        var texts = Enumerable.Range(0, 20_000).Select(i => i % 2 == 0 ? "where is my parcel, it should have been here on monday" : Sentence(i)).ToList();
        NearDuplicates.Find(texts).Count(repeat => repeat < 0).ShouldBe(10_001);
    }

    private static string Sentence(int i)
    {
        var rng = new Seed(7).For("sentence", i);
        return string.Join(' ', Enumerable.Range(0, 6).Select(_ => string.Concat(Enumerable.Range(0, 3 + rng.Next(6)).Select(_ => (char)('a' + rng.Next(26))))));
    }
}
