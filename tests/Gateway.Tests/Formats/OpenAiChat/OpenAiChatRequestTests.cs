using System.Text;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.OpenAiChat;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Tests.Formats.OpenAiChat;

public sealed class OpenAiChatRequestTests
{
    [Fact]
    public void Edit_Nothing_GivesTheSameBytes()
    {
        var body = Bytes("{ \"x\": 1.50, \"model\":\"m\" ,\"messages\":[ {\"role\":\"user\",\"content\":\"a\\u00e4\"} ] }");
        Parse(body).Members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?>()).Span.SequenceEqual(body).ShouldBeTrue();
    }

    [Fact]
    public void Edit_OneMember_LeavesAllOtherValuesAsTheyWere()
    {
        var request = Parse(Bytes("""{"seed":1e2,"model":"m","messages":[ {"role":"user","content":"\u00e4 </b>","cache":{"a":[1, 2]}} ],"stream":true}"""));
        var edited = request.Members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { ["model"] = Bytes("\"n\""), ["stream"] = null, ["logprobs"] = Bytes("true") });
        Encoding.UTF8.GetString(edited.Span).ShouldBe(
            """{"seed":1e2,"model":"n","messages":[ {"role":"user","content":"\u00e4 </b>","cache":{"a":[1, 2]}} ],"logprobs":true}""");
    }

    [Fact]
    public void Parse_PartsAndStrings_ReadsTheText()
    {
        var request = Parse(Bytes(
            """{"model":"m","messages":[{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"b"}],"role":"user"},{"role":"assistant","content":null}]}"""));
        request.Prompt.Messages.Select(message => message.Text).ShouldBe(["a\nb", ""]);
        request.Prompt.LastUserIndex.ShouldBe(0);
    }

    [Fact]
    public void Append_StringPartsAndNewMessage_AddsAtTheEndAndReadsBack()
    {
        foreach (var raw in (string[])["""{"role":"system","content":"a","name":"x"}""", """{"role":"system","content":[{"type":"text","text":"a"}],"name":"x"}"""])
        {
            var message = Parse(Bytes($"{{\"model\":\"m\",\"messages\":[{raw}]}}")).Prompt.Messages[0].Append("<b>\n\"");
            var again = Parse(Bytes($"{{\"model\":\"m\",\"messages\":[{Encoding.UTF8.GetString(message.Raw.Span)}]}}")).Prompt.Messages[0];
            again.Text.ReplaceLineEndings("").ShouldBe("a<b>\"");
            Encoding.UTF8.GetString(again.Raw.Span).ShouldEndWith(",\"name\":\"x\"}");
        }

        OpenAiChatRequest.NewInstruction("a").Append("b").Text.ShouldBe("a\n\nb");
        Encoding.UTF8.GetString(OpenAiChatRequest.NewInstruction("a").Append("b").Raw.Span).ShouldBe("""{"role":"system","content":"a\n\nb"}""");
    }

    [Theory]
    [InlineData("", "line 1, byte 1")]
    [InlineData("{\"model\":\"m\",\n \"messages\": [}", "line 2, byte 15")]
    [InlineData("{\"model\":\"m\"} x", "not valid JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{}", "'model'")]
    [InlineData("""{"model":"m"}""", "'messages'")]
    [InlineData("""{"model":"m","messages":[]}""", "'messages'")]
    [InlineData("""{"model":7,"messages":[]}""", "'model'")]
    [InlineData("""{"model":"m","messages":[7]}""", "messages[0]")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","model":"n","messages":[]}""", "twice")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"stream":"yes"}""", "'stream'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":-1}""", "'max_tokens'")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""", "surrogate")]
    public void Parse_BadBody_SaysWhatIsWrong(string body, string said) =>
        Should.Throw<CallRefusal>(() => Parse(Bytes(body))).Message.ShouldContain(said);

    private static WireRequest Parse(ReadOnlyMemory<byte> body) => WireFormats.All[WireFormats.OpenAiChat].Parse(body, default);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
