using System.ClientModel;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;
using OpenAI.Chat;

namespace Espalier.Gateway.Tests.Ingress;

/// <summary>OpenAI's own client for .NET against the gateway.</summary>
public sealed class OpenAiClientTests
{
    private static readonly ChatMessage[] Question = [new SystemChatMessage(Prompts.Labels), new UserChatMessage("my parcel has not arrived")];

    [Fact]
    public async Task CompleteChat_LocalModel_AnswersWithUsageAndLogprobs()
    {
        await using var host = await GatewayHost.StartAsync();
        var client = host.Client(host.Begin(), "local/char-nn");
        ChatCompletion answer = await client.CompleteChatAsync(Question, new ChatCompletionOptions { IncludeLogProbabilities = true }, GatewayHost.Cancellation);
        answer.Content[0].Text.ShouldBe("delivery_late");
        answer.FinishReason.ShouldBe(ChatFinishReason.Stop);
        answer.Usage.TotalTokenCount.ShouldBe(answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount);
        answer.ContentTokenLogProbabilities[0].LogProbability.ShouldBeInRange((float)Math.Log(0.3), 0);
    }

    [Fact]
    public async Task CompleteChatStreaming_LocalModelAndCascade_GiveTheSameAnswer()
    {
        await using var host = await GatewayHost.StartAsync(
            null,
            ("models.yaml", "slots: { triage: { model: local/word-nn } }"),
            ("router.yaml", "routes: { triage: { cascade: [ { model: local/word-nn, below: 0.01 }, { model: local/char-nn } ] } }"));
        foreach (var model in (string[])["local/char-nn", "triage"])
        {
            var (text, usage) = ("", (ChatTokenUsage?)null);
            await foreach (var update in host.Client(host.Begin(), model).CompleteChatStreamingAsync(Question, cancellationToken: GatewayHost.Cancellation))
            {
                text += string.Concat(update.ContentUpdate.Select(part => part.Text));
                usage ??= update.Usage;
            }

            text.ShouldBe("delivery_late");
            usage.ShouldNotBeNull().InputTokenCount.ShouldBeGreaterThan(20);
        }

        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(2);
        attempts.ShouldAllBe(span => span.Cost!.Value.Nano > 0 && span.Output == "delivery_late");
    }

    [Fact]
    public async Task CompleteChat_Refused_IsTheClientsOwnException()
    {
        await using var host = await GatewayHost.StartAsync();
        (await Status(host.Tokens.Issue(), "local/char-nn")).ShouldBe(401);
        (await Status(host.Begin(), "nothing")).ShouldBe(404);
        (await Status(host.Begin(GatewayHost.Context(new Contracts.Shared.Usd(10))), "local/char-nn")).ShouldBe(402);

        async Task<int> Status(string token, string model) =>
            (await Should.ThrowAsync<ClientResultException>(() => host.Client(token, model).CompleteChatAsync(Question, cancellationToken: GatewayHost.Cancellation))).Status;
    }
}
