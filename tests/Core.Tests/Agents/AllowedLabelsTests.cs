using Espalier.Core.Agents;

namespace Espalier.Core.Tests.Agents;

public sealed class AllowedLabelsTests
{
    [Fact]
    public void Parse_PlainLabels_WithDescriptionsAndWithoutRulesOfConduct() => AllowedLabels.Parse(
            "Pick one:\n- card/arrival: where is my card\n* refund\n- Be polite to everybody\n - order.v2\nThanks - bye\n- refund: money back")
        .ShouldBe([new("card/arrival", "where is my card"), new("refund", "money back"), new("order.v2", null)]);

    [Fact]
    public void Parse_LabelsOfSeveralWords_AreTakenWhenThereAreNoPlainOnes() => AllowedLabels.Parse(
            "- card arrival: where is it\n- lost or stolen card\n- Answer with the label alone and do not explain yourself.")
        .ShouldBe([new("card arrival", "where is it"), new("lost or stolen card", null)]);

    [Fact]
    public void Parse_BulletsInsideExamples_AreNotRead() =>
        AllowedLabels.Parse("- a\n- b\n<examples>\n- c\n</examples>").Select(label => label.Name).ShouldBe(["a", "b"]);

    [Theory]
    [InlineData("")]
    [InlineData("no bullets")]
    [InlineData("-\n- \n-x")]
    public void Parse_NoBullets_IsEmpty(string text) => AllowedLabels.Parse(text).ShouldBeEmpty();
}
