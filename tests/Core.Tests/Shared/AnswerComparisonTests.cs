using Espalier.Core.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Shared;

public sealed class AnswerComparisonTests
{
    [Theory]
    [InlineData("card_arrival", "card_arrival", "exact", true)]
    [InlineData("card_arrival\n", "card_arrival", "exact", false)]
    [InlineData("Card_Arrival", "card_arrival", "exact", false)]
    [InlineData(" Card_Arrival.\n", "card_arrival", "normalised", true)]
    [InlineData("\"card  arrival\"!", "card arrival", "normalised", true)]
    [InlineData("`card_arrival`", "card_arrival", "normalised", true)]
    [InlineData("ÄRGER", "ärger", "normalised", true)]
    [InlineData("card_arrivals", "card_arrival", "normalised", false)]
    [InlineData("", "card_arrival", "normalised", false)]
    [InlineData("The intent is card_arrival, I think.", "Card_Arrival", "contains", true)]
    [InlineData("card", "card_arrival", "contains", false)]
    [InlineData("", "card_arrival", "contains", false)]
    [InlineData("whatever", "?", "contains", false)]
    [InlineData("whatever", "", "contains", false)]
    [InlineData("!", "?", "normalised", false)]
    [InlineData(" ? ", "?", "normalised", true)]
    [InlineData("", "", "contains", true)]
    [InlineData("half \ud83c pair", "half \ud83c pair", "normalised", true)]
    public void Equal_AnswerAndReference_FollowTheMode(string answer, string reference, string mode, bool equal) =>
        AnswerComparison.Equal(answer, reference, mode).ShouldBe(equal);

    [Fact]
    public void Equal_UnknownMode_Throws() => Should.Throw<ArgumentOutOfRangeException>(() => AnswerComparison.Equal("a", "a", "fuzzy"));

    [Fact]
    public void Equal_AnyText_EqualsItself() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
            AnswerComparison.Equal(text.Get, text.Get, "exact") && AnswerComparison.Equal(text.Get, text.Get, "normalised") && AnswerComparison.Equal(text.Get, text.Get, "contains"))
            .QuickCheckThrowOnFailure();
}
