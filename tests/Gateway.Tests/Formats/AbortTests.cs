using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Streams whose clients go away, or whose servers do, at any point: each is billed, by count or by a labelled estimate.</summary>
public sealed class AbortTests
{
    private const int Streams = 250;

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"x"}]}""", "openai-sdk")]
    [InlineData("/v1/responses", """{"model":"gpt-4.1-mini","stream":true,"input":"x"}""", "responses")]
    [InlineData("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"x"}]}""", "anthropic")]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"x"}]}]}""", "gemini")]
    public async Task Post_StreamsAbortedAtRandomPoints_AreAllBilledAndNoneIsLost(string path, string body, string kind)
    {
        var wire = Encoding.UTF8.GetBytes(Wire(kind));
        var dice = new Rng(7);
        var cuts = Enumerable.Range(0, Streams).Select(_ => (Client: dice.Next(wire.Length * 2), Server: dice.Next(wire.Length * 2))).ToArray();
        var next = -1;
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            var cut = cuts[Interlocked.Increment(ref next)].Server;
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(wire.AsMemory(0, Math.Min(cut, wire.Length)), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (cut < wire.Length) http.Abort();
        });
        await using var host = await GatewayHost.StartAsync(server, options => (options.Breaker.ConsecutiveFailures, options.Breaker.FailureRatio) = (1000, 1));
        var token = host.BeginUnlimited();
        await Parallel.ForEachAsync(cuts, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = GatewayHost.Cancellation }, async (cut, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("x-api-key", token);
            using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[16];
            for (var read = 0; read < cut.Client;)
            {
                var got = await stream.ReadAsync(buffer, cancellationToken);
                if (got == 0) break;
                read += got;
            }
        });

        var measure = await host.EndAsync(token);
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(Streams);
        attempts.ShouldAllBe(span => span.Cost != null && (span.Attributes.ContainsKey("usage") ? span.Attributes["usage"] == "estimated" : span.Usage!.OutputTotal() == 30));
        attempts.Count(span => !span.Attributes.ContainsKey("usage")).ShouldBeGreaterThan(Streams / 4, "those that came to their end were measured");
        attempts.Count(span => span.Attributes.ContainsKey("usage")).ShouldBeGreaterThan(Streams / 10, "those that did not were estimated");
        // What never reached a model's server cost nothing; all else cost something.
        attempts.ShouldAllBe(span => span.Attributes["billed"] == "false" || span.Cost > Usd.Zero);
        measure.Usage.Cost.ShouldBe(new Usd(attempts.Sum(span => span.Cost!.Value.Nano)));
        host.Ledger.Settled.Values.Sum(cost => cost.Nano).ShouldBe(attempts.Sum(span => span.Cost!.Value.Nano));
    }

    internal static string Wire(string kind)
    {
        var words = Enumerable.Range(0, 30).Select(i => $"word{i} ").ToList();
        return kind switch
        {
            "openai-sdk" => string.Concat(words.Select(word => $"data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n"))
                + "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":30,\"total_tokens\":39}}\n\ndata: [DONE]\n\n",
            "responses" => "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n"
                + string.Concat(words.Select(word => $"event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"{word}\"}}\n\n"))
                + "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":30,\"total_tokens\":39}}}\n\n",
            "anthropic" => "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
                + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
                + string.Concat(words.Select(word => $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}}}\n\n"))
                + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":30}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            _ => string.Concat(words.Select(word => $"data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{word}\"}}],\"role\":\"model\"}},\"index\":0}}]}}\n\n"))
                + "data: {\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":30,\"totalTokenCount\":39}}\n\n",
        };
    }
}
