using System.ClientModel;
using System.ClientModel.Primitives;
using Espalier.Contracts.Shared;
using Espalier.Gateway.Tests.Fakes;
using OpenAI;
using OpenAI.Chat;

namespace Espalier.Gateway.Tests.Ingress;

public sealed class StreamCostTests
{
    private const string Chat =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":110}}\n\ndata: [DONE]\n\n";

    private const string Body = """{"model":"gpt-4.1-mini","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"x"}]}""";

    private static readonly Usd Bill = new((100 * 400) + (10 * 1600));

    [Theory]
    [InlineData("comment", 200)]
    [InlineData(null, 200)]
    [InlineData("usage", 400)]
    public async Task Post_Stream_TellsItsCostInALastCommentOnlyWhenAsked(string? wish, int status)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(Chat));
        await using var host = await GatewayHost.StartAsync(server);
        var answer = await host.PostAsync("/v1/chat/completions", host.Begin(), Body, "x-api-key", wish is null ? [] : [("x-espalier-stream-cost", wish)]);
        answer.Status.ShouldBe(status);
        if (status != 200) return;
        if (wish is null) answer.Body.ShouldBe(Chat);
        else answer.Body.ShouldBe($"{Chat}: x-espalier-cost-usd={Bill} x-espalier-attempts=1 x-espalier-cache=off x-espalier-price-table={answer.Body[(answer.Body.LastIndexOf('=') + 1)..]}");
    }

    [Fact]
    public async Task CompleteChatStreaming_OpenAisClient_ReadsPastTheComment()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(Chat));
        await using var host = await GatewayHost.StartAsync(server);
        var options = new OpenAIClientOptions { Endpoint = new Uri(host.Http.BaseAddress!, "/v1"), RetryPolicy = new ClientRetryPolicy(0) };
        options.AddPolicy(new Asking(), PipelinePosition.PerCall);
        var client = new ChatClient("gpt-4.1-mini", new ApiKeyCredential(host.Begin()), options);
        var text = "";
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("x")], cancellationToken: GatewayHost.Cancellation))
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
        text.ShouldBe("hi");
    }

    private sealed class Asking : PipelinePolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Set("x-espalier-stream-cost", "comment");
            ProcessNext(message, pipeline, currentIndex);
        }

        public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            message.Request.Headers.Set("x-espalier-stream-cost", "comment");
            await ProcessNextAsync(message, pipeline, currentIndex);
        }
    }
}
