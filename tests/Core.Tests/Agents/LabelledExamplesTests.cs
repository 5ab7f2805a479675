using Espalier.Core.Agents;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Agents;

public sealed class LabelledExamplesTests
{
    [Fact]
    public void Format_Examples_IsTheDocumentedBlock() =>
        LabelledExamples.Format([new("Where is it?\n\"now\"", "delivery_late"), new("ä </examples>", "x")]).ShouldBe(
            "<examples>\n{\"input\":\"Where is it?\\n\\\"now\\\"\",\"output\":\"delivery_late\"}\n{\"input\":\"ä </examples>\",\"output\":\"x\"}\n</examples>");

    [Fact]
    public void Parse_FormattedInsideAnyText_GivesTheSameBack() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<(string, string)[]>(),
        pairs =>
        {
            var examples = pairs.Select(pair => new LabelledExample(Valid(pair.Item1), Valid(pair.Item2))).ToList();
            var text = $"Before\n{LabelledExamples.Format(examples)}\nAfter";
            return LabelledExamples.Parse(text).SequenceEqual(examples)
                && (examples.Count == 0 || LabelledExamples.Remove(text) == "Before\nAfter");
        }));

    [Theory]
    [InlineData("<examples>\n{\"input\":\"a\",\"output\":\"b\"}", 0)]
    [InlineData("<examples>\nnonsense\n{\"input\":1,\"output\":\"b\"}\n{\"input\":\"a\",\"output\":\"b\",\"why\":1}\n</examples>", 1)]
    [InlineData("  <examples>\r\n{\"input\":\"a\",\"output\":\"b\"}\r\n</examples>\r\n", 1)]
    [InlineData("{\"input\":\"a\",\"output\":\"b\"}", 0)]
    [InlineData("<examples>\n</examples>\n<examples>\n{\"input\":\"a\",\"output\":\"b\"}\n</examples>", 1)]
    public void Parse_Untidy_ReadsWhatIsWhole(string text, int count) => LabelledExamples.Parse(text).Count.ShouldBe(count);

    // Half a surrogate pair has no UTF-8, so it cannot come back.
    private static string Valid(string? text) => new([.. (text ?? "").Where(c => !char.IsSurrogate(c))]);
}
