using System.Text;
using Espalier.Core.Agents;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Local;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Providers.Local;

public sealed class LocalModelsTests
{
    private readonly LocalProvider _provider = new(TimeProvider.System);

    public static TheoryData<string> Models => ["word-nn", "char-nn"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Answer_NamesAndDescriptionsOnly_PicksTheNearest(string model)
    {
        Ask(model, "where is my parcel, it has not arrived").Text.ShouldBe("delivery_late");
        Ask(model, "I moved, please change the address").Text.ShouldBe("change_address");
        Ask(model, "I want my money back").Text.ShouldBe("refund");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Answer_ExamplesInAnyMessage_AreLearnedFrom(string model)
    {
        var block = LabelledExamples.Format([new("the zip is stuck", "refund"), new("blue tent leaks in rain", "change_address")]);
        Ask(model, "tent leaks", Prompts.Labels + "\n" + block).Text.ShouldBe("change_address");
        Ask(model, block + "\nzip stuck").Text.ShouldBe("refund");
        Ask(model, "zip stuck", block).Text.ShouldBe("refund");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Answer_SameRequestTwice_IsTheSameWithConfidenceInRange(string model)
    {
        var first = Ask(model, "parcel late");
        Ask(model, "parcel late").ShouldBe(first);
        Chat(new LocalProvider(TimeProvider.System), model, "parcel late", Prompts.Labels).ShouldBe(first);
        first.Confidence.ShouldBeInRange(0.3, 1);
        Ask(model, "zzzz").Confidence.ShouldBe(1.0 / 3);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Answer_ClearerQuery_IsMoreConfident(string model) =>
        Ask(model, "parcel not arrived in time").Confidence.ShouldBeGreaterThan(Ask(model, "money for the parcel").Confidence);

    [Fact]
    public void Answer_NoLabelsAndNoExamples_IsNull() => Chat(_provider, "char-nn", "hello", "Be kind.").ShouldBeNull();

    [Fact]
    public void Answer_RequestsThatDifferInTheQueryOnly_GetTheirOwnAnswers()
    {
        var labels = string.Join('\n', Enumerable.Range(0, 3000).Select(i => $"- label_{i}: description number {i}"));
        Ask("char-nn", "number 17", labels).Text.ShouldContain("17");
        Ask("char-nn", "label 23", labels).Text.ShouldContain("23");
    }

    [Fact]
    public async Task SendAsync_Usage_IsAQuarterOfTheBytesAndThreeAMessage()
    {
        // "- abc" is 5 bytes: 2 tokens and 3. "ä" is 2 bytes: 1 token and 3. The answer "abc" is 1 token.
        var reply = await SendAsync("""{"model":"word-nn","messages":[{"role":"system","content":"- abc"},{"role":"user","content":"ä"}]}""");
        var usage = reply.Json.GetProperty("usage");
        (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32()).ShouldBe((2 + 3 + 1 + 3, 1));
        reply.Json.GetProperty("choices")[0].GetProperty("logprobs").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task SendAsync_AnswerLongerThanAllowed_IsCutAndSaysSo()
    {
        var reply = await SendAsync("""{"model":"word-nn","max_tokens":1,"messages":[{"role":"system","content":"- abcdefgh"},{"role":"user","content":"x"}]}""");
        reply.Content.ShouldBe("abcd");
        reply.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("length");
    }

    private LocalAnswer Ask(string model, string user, string system = Prompts.Labels) => Chat(_provider, model, user, system).ShouldNotBeNull();

    private static LocalAnswer? Chat(LocalProvider provider, string model, string user, string system) =>
        provider.Answer(model, WireFormats.All[WireFormats.OpenAiChat].Parse(Encoding.UTF8.GetBytes(Prompts.Chat(model, user, system)), default));

    private async Task<Answer> SendAsync(string body)
    {
        var reply = await _provider.SendAsync(new ProviderRequest { Model = "word-nn", Format = WireFormats.OpenAiChat, Body = Encoding.UTF8.GetBytes(body), Stream = false }, TestContext.Current.CancellationToken);
        return new Answer(200, Encoding.UTF8.GetString(reply.ShouldBeOfType<ProviderReply.Completed>().Body.Span), null);
    }
}
