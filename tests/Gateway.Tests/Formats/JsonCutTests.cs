using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tests.Formats;

public sealed class JsonCutTests
{
    [Theory]
    [InlineData("""{"x":1}""", "{}")]
    [InlineData("""{"x":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{ "a" : 2 , "x" : 1 }""", """{ "a" : 2  }""")]
    [InlineData("""{"a":1,"x":[1,{"x":2}],"b":3}""", """{"a":1,"b":3}""")]
    [InlineData("""{"x":1,"y":2,"a":3}""", """{"a":3}""")]
    [InlineData("""{"a":1,"x":1,"y":2}""", """{"a":1}""")]
    [InlineData("""{"x":1,"a":1,"y":2}""", """{"a":1}""")]
    [InlineData("""{"x":1,"y":2}""", "{}")]
    [InlineData("""{"a":[{"x":1},{"b":"x"}]}""", """{"a":[{},{"b":"x"}]}""")]
    public void Cut_Members_GoWithTheirCommasAndAllElseStays(string json, string expected)
    {
        Encoding.UTF8.GetString(JsonCut.Cut(Encoding.UTF8.GetBytes(json), ["x", "y"], null).Span).ShouldBe(expected);
        var nulled = JsonCut.Cut(Encoding.UTF8.GetBytes(json), ["x", "y"], JsonCut.Null);
        using var parsed = JsonDocument.Parse(nulled);
        Encoding.UTF8.GetString(JsonCut.Cut(nulled, ["x", "y"], JsonCut.Null).Span).ShouldBe(Encoding.UTF8.GetString(nulled.Span), "twice is once");
    }

    [Fact]
    public void Cut_NothingToCut_IsTheSameMemory()
    {
        ReadOnlyMemory<byte> json = """{"a":"x"}"""u8.ToArray();
        JsonCut.Cut(json, ["x"], null).Equals(json).ShouldBeTrue();
    }
}
