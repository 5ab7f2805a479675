using System.Text;
using System.Text.Json;
using Espalier.Core.Traces.Redaction;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Traces.Redaction;

public sealed class TextRedactorTests
{
    // What texts are made of in the property tests: values, look-alikes, signs that mean something to a scanner or to JSON.
    private static readonly string[] Pieces =
    [
        "jane@example.com", "4111111111111111", "4111 1111 1111 1111", "DE89370400440532013000", "123-45-6789", "203.0.113.9", "+41 44 668 18 00",
        "212-555-0142", "phone", "ssn", "card", "[EMAIL:0123456789ab]", "[", "]", "{", "}", "\"", "\\", "\\u0040", "\n", ":", ",", " ", " ", "@", "/", "0", "12",
        "2024-05-15", "x", "é", "😀", "postgres://a:b@c.example/", "2001:db8::1", "1", "-", ".", "account number",
    ];

    private static readonly Gen<string> Texts = Gen.Elements(Pieces).ListOf().Select(string.Concat);

    [Fact]
    public void Redact_TextWithoutFindings_IsTheSameInstanceAndCostsNoMemory()
    {
        var text = new StringBuilder().Insert(0, "On 2024-05-15 order #W2378156 of 3 items for $1,299.00 was shipped \\\"as is\\\" to gate B12. ", 20).ToString();
        Redactors.Usual.Redact(text).ShouldBeSameAs(text);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Redactors.Usual.Redact(text);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Redact_Twice_ChangesNothing() =>
        Prop.ForAll(Texts.ToArbitrary(), text =>
        {
            var once = Redactors.Usual.Redact(text);
            return ReferenceEquals(Redactors.Usual.Redact(once), once);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Redact_Json_StaysJsonOfTheSameShape() =>
        Prop.ForAll(Texts.ListOf().ToArbitrary(), texts =>
        {
            var json = Json(texts, depth: 0);
            return Shape(Redactors.Usual.Redact(json)) == Shape(json);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Redact_JsonInStringsInJson_IsJsonAtEveryDepth() =>
        Prop.ForAll(Texts.ListOf().ToArbitrary(), texts =>
        {
            var json = Json([Json([Json(texts, depth: 0)], depth: 0)], depth: 0);
            using var outer = JsonDocument.Parse(Redactors.Usual.Redact(json));
            using var middle = JsonDocument.Parse(outer.RootElement.GetProperty("list")[0].GetString()!);
            return Shape(middle.RootElement.GetProperty("list")[0].GetString()!) == Shape(Json(texts, depth: 0));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("""{"to":"jane\u0040example.com"}""", """{"to":"[EMAIL]"}""")]
    [InlineData("""{"args":"{\"to\":\"jane@example.com\"}"}""", """{"args":"{\"to\":\"[EMAIL]\"}"}""")]
    [InlineData("""{"args":"{\"to\":\"jane\\u0040example.com\\n\"}"}""", """{"args":"{\"to\":\"[EMAIL]\\n\"}"}""")]
    [InlineData("""{"url":"postgres:\/\/a:bcd@host\/x"}""", """{"url":"postgres:\/\/[CREDENTIALS]@host\/x"}""")]
    [InlineData("""{"card":4111111111111111,"n":4}""", """{"card":"[CARD]","n":4}""")]
    [InlineData("""{"phone": 2125550142}""", """{"phone": "[PHONE]"}""")]
    [InlineData("""[1, 4111111111111111 ]""", """[1, "[CARD]" ]""")]
    [InlineData("""{"args":"{\"card\":4111111111111111}"}""", """{"args":"{\"card\":\"[CARD]\"}"}""")]
    [InlineData("""{"args":"{\"cards\":[1,4111111111111111]}"}""", """{"args":"{\"cards\":[1,\"[CARD]\"]}"}""")]
    [InlineData("""{"card":4111111111111111,"cut of""", """{"card":"[CARD]","cut of""")]
    [InlineData("""{"text":"pay with 4111111111111111, please"}""", """{"text":"pay with [CARD], please"}""")]
    [InlineData("""{"jane@example.com":1}""", """{"[EMAIL]":1}""")]
    [InlineData("line\njane@example.com\n", "line\n[EMAIL]\n")]
    [InlineData("""{"t":"line\njane@example.com\tx"}""", """{"t":"line\n[EMAIL]\tx"}""")]
    public void Redact_Escapes_AreReadAndKept(string text, string expected) => Redactors.Shape(text).ShouldBe(expected);

    [Fact]
    public void Redact_OneValueInSeveralForms_HasOnePlaceholder()
    {
        Redactors.Usual.Redact("Jane@Example.COM").ShouldBe(Redactors.Usual.Redact("jane@example.com"));
        Redactors.Usual.Redact("4111 1111 1111 1111").ShouldBe(Redactors.Usual.Redact("4111111111111111"));
        Redactors.Usual.Redact("+41 44 668 18 00").ShouldBe(Redactors.Usual.Redact("0041 (0)44 6681800"));
        Redactors.Usual.Redact("DE89 3704 0044 0532 0130 00").ShouldBe(Redactors.Usual.Redact("de89370400440532013000"));
        Redactors.Usual.Redact("jane@example.com").ShouldNotBe(Redactors.Usual.Redact("june@example.com"));
    }

    [Fact]
    public void Redact_WithAnotherKey_GivesAnotherPlaceholder() =>
        new TextRedactor(new RedactionOptions(), new byte[32]).Redact("jane@example.com").ShouldNotBe(Redactors.Usual.Redact("jane@example.com"));

    [Fact]
    public void Redact_Overlaps_TheMostSpecificWins() =>
        Redactors.Shape("https://jane:4111111111111111@example.com").ShouldBe("https://[CREDENTIALS]@example.com");

    [Fact]
    public void Redact_OnlyChosenKinds_LeavesTheOthers()
    {
        var options = new RedactionOptions();
        options.Kinds.Add("email");

        Redactors.Shape(Redactors.With(options), "jane@example.com 4111111111111111").ShouldBe("[EMAIL] 4111111111111111");
    }

    [Fact]
    public void Redact_OwnPattern_WinsOverWhatIsBuiltIn()
    {
        var options = new RedactionOptions();
        options.Patterns["customer-number"] = "C-[0-9]{8}";
        options.Patterns["staff"] = "[a-z]+@example\\.com";

        Redactors.Shape(Redactors.With(options), "C-12345678 jane@example.com joe@example.org").ShouldBe("[CUSTOMER_NUMBER] [STAFF] [EMAIL]");
    }

    [Fact]
    public void RedactWhole_OnlyOfAnIdentifier_IsAPlaceholder()
    {
        Redactors.Usual.RedactWhole("jane@example.com").ShouldBe(Redactors.Usual.Redact("jane@example.com"));
        Redactors.Usual.RedactWhole("chat of jane@example.com").ShouldBe("chat of jane@example.com");
        Redactors.Usual.RedactWhole("user-12345").ShouldBe("user-12345");
    }

    private static string Json(IEnumerable<string> texts, int depth)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("card", 4111111111111111);
            writer.WriteStartArray("list");
            foreach (var text in texts) writer.WriteStringValue(text);
            writer.WriteNumberValue(4111111111111111);
            writer.WriteNumberValue(depth);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // The structure alone; a redacted number is a string afterwards.
    private static string Shape(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Shape(document.RootElement);
    }

    private static string Shape(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', element.EnumerateObject().Select(property => property.Name + Shape(property.Value)))}}}",
        JsonValueKind.Array => $"[{string.Join(',', element.EnumerateArray().Select(Shape))}]",
        _ => "value",
    };
}
