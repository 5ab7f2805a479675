using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Shared;

public sealed class NearestTests
{
    [Theory]
    [InlineData("protocl", "protocol")]
    [InlineData("PROTOCOL", "protocol")]
    [InlineData("comand", "command")]
    [InlineData("timeuot", "timeout")]
    [InlineData("xyzxyzxyz", "")]
    [InlineData("", "")]
    public void Of_Word_GivesTheNearestKnownOne(string word, string nearest) =>
        string.Join(' ', Nearest.Of(word, ["command", "protocol", "timeout", "memory_mb"], 1)).ShouldBe(nearest);

    [Fact]
    public void Of_SeveralNear_GivesTheNearestFirstThenByAlphabet() =>
        Nearest.Of("cat", ["cart", "bat", "at", "dog", "cat"], 3).ShouldBe(["cat", "at", "bat"]);

    [Fact]
    public void Of_NothingKnown_IsEmpty() => Nearest.Of("word", [], 3).ShouldBeEmpty();
}
