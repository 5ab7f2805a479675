using System.Text.Json;
using Espalier.Core.Datasets;
using Espalier.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Datasets;

public sealed class ShinglesTests
{
    [Fact]
    public void Jaccard_ReferenceVectors_Match()
    {
        using var document = JsonDocument.Parse(SourceFile.Read("Vectors/jaccard.json"));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        foreach (var one in cases)
        {
            var (input, expected) = (one.GetProperty("input"), one.GetProperty("expected"));
            var k = input.GetProperty("k").GetInt32();
            var (a, b) = (Shingles.Of(input.GetProperty("a").GetString()!, k), Shingles.Of(input.GetProperty("b").GetString()!, k));
            a.Count.ShouldBe(expected.GetProperty("size_a").GetInt32());
            b.Count.ShouldBe(expected.GetProperty("size_b").GetInt32());
            Shingles.Jaccard(a, b).ShouldBe(expected.GetProperty("jaccard").GetDouble(), 1e-9, one.GetProperty("name").GetString());
        }

        cases.Count.ShouldBe(6);
    }

    [Fact]
    public void Jaccard_AnyTexts_IsSymmetricAndWithinBounds() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), ArbMap.Default.ArbFor<NonNull<string>>(), (first, second) =>
        {
            var (a, b) = (Shingles.Of(first.Get, 3), Shingles.Of(second.Get, 3));
            var similarity = Shingles.Jaccard(a, b);
            return similarity == Shingles.Jaccard(b, a) && similarity is >= 0 and <= 1 && Shingles.Jaccard(a, a) == 1;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("Where's MY   order?!", "where s my order")]
    [InlineData("  ...  ", "")]
    [InlineData("", "")]
    [InlineData("Ärger №5", "ärger 5")]
    [InlineData("a\ud83c\udf33b", "a b")]
    [InlineData("half \ud83c pair", "half pair")]
    public void Normalise_Writing_KeepsLettersAndDigits(string text, string normal) => Shingles.Normalise(text).ShouldBe(normal);

    [Fact]
    public void Normalise_Twice_IsAsOnce() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text => Shingles.Normalise(Shingles.Normalise(text.Get)) == Shingles.Normalise(text.Get))
            .QuickCheckThrowOnFailure();
}
