using Espalier.Core.Traces.Redaction;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Traces.Redaction;

/// <summary>The search for words finds what a look at every position finds.</summary>
public sealed class WordScanTests
{
    private static readonly string[] Words = ["sk-", "pk-lf-", "eyJ", "AKIA", "Bearer ", "basic ", "://", "%40", "aa", "a a", "__", "xoxb-", "ghp_", "hp_x"];

    // Pieces from which the words are made, so that whole, cut and overlapping ones come up.
    private static readonly string[] Pieces = ["s", "k", "-", "sk-", "ey", "J", "AK", "IA", "Bearer", " ", ":", "//", "%", "40", "a", "_", "ghp", "x", "oxb-", "é", "𝄞", "\0"];

    [Fact]
    public void Find_AnyText_FindsEveryPlaceOfEveryWord() => Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), choices =>
    {
        var text = string.Concat(choices.Select(choice => Pieces[(int)((uint)choice % Pieces.Length)]));
        var expected = Enumerable.Range(0, text.Length)
            .SelectMany(at => Words.Select((word, index) => (at, index)).Where(one => string.CompareOrdinal(text, one.at, Words[one.index], 0, Words[one.index].Length) == 0));
        var found = new List<(int, int)>();
        new WordScan(Words).Find(text, ref found, static (ReadOnlySpan<char> _, int word, int start, ref List<(int, int)> list) => list.Add((start, word)));
        found.Order().ShouldBe(expected.Order());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Find_WordsInProse_AreFoundOnceEach()
    {
        var found = new List<string>();
        new WordScan(Words).Find("key sk-1 and Bearer x, https://a", ref found, static (ReadOnlySpan<char> _, int word, int start, ref List<string> list) => list.Add($"{start}:{Words[word]}"));
        found.Order().ShouldBe(["13:Bearer ", "28:://", "4:sk-"]);
    }
}
