using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Gateway.Tests.Formats;
using Espalier.Gateway.Tests.Formats.Neutral;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Answer = Espalier.Gateway.Formats.Neutral.Answer;

namespace Espalier.Gateway.Tests.Ingress;

/// <summary>Whatever a client sends, over HTTP: it is answered or refused in its own vendor's form, and nothing fails or hangs.</summary>
public sealed class ClientFuzzTests
{
    private const string Gemini = "/v1beta/models/gemini-2.5-flash";

    // Paths, each with a body that is good.
    private static readonly Dictionary<string, (string Format, string Body)> Paths = new()
    {
        ["/v1/chat/completions"] = (WireFormats.OpenAiChat, """{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}]}"""),
        ["/v1/responses"] = (WireFormats.OpenAiResponses, """{"model":"gpt-4.1-mini","input":"x"}"""),
        ["/v1/messages"] = (WireFormats.Anthropic, """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"""),
        [$"{Gemini}:generateContent"] = (WireFormats.Gemini, """{"contents":[{"parts":[{"text":"x"}]}]}"""),
        ["/v1/embeddings"] = (WireFormats.OpenAiChat, """{"model":"text-embedding-3-small","input":["x","y"],"dimensions":8,"encoding_format":"float"}"""),
        ["/v1/messages/count_tokens"] = (WireFormats.Anthropic, """{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"x"}],"system":"y"}"""),
        [$"{Gemini}:countTokens"] = (WireFormats.Gemini, """{"contents":[{"parts":[{"text":"x"}]}]}"""),
        ["/v1beta/models/gemini-embedding-001:embedContent"] = (WireFormats.Gemini, """{"content":{"parts":[{"text":"x"}]},"outputDimensionality":8}"""),
        ["/v1beta/models/gemini-embedding-001:batchEmbedContents"] = (WireFormats.Gemini, """{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"x"}]}}]}"""),
        [$"{Gemini}:batchGenerateContent"] = (WireFormats.Gemini, """{"batch":{"display_name":"b","input_config":{"requests":{"requests":[{"request":{"contents":[{"parts":[{"text":"x"}]}]},"metadata":{"key":"a"}}]}}}}"""),
        ["/v1/batches"] = (WireFormats.OpenAiChat, """{"input_file_id":"file_1","endpoint":"/v1/chat/completions","completion_window":"24h"}"""),
        ["/v1/messages/batches"] = (WireFormats.Anthropic, """{"requests":[{"custom_id":"a","params":{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}]}"""),
    };

    public static TheoryData<string> Names => [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    public static TheoryData<string> All => [.. Paths.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_SpoiltConversations_AreAnsweredOrRefusedInTheClientsForm(string name)
    {
        var format = WireFormats.All[name];
        var path = Paths.First(one => one.Value.Format == name).Key;
        var bodies = Conversations.Requests(name).Sample(30).Select(request => format.WriteRequest(request, new Dropped()));
        var (answered, refused) = await PostAllAsync(path, [.. Spoilt.Of(bodies, 10, 11)]);
        answered.ShouldBeGreaterThan(20);
        refused.ShouldBeGreaterThan(20);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Post_SpoiltBodiesOfEveryPath_AreAnsweredOrRefusedInTheClientsForm(string path)
    {
        var (_, refused) = await PostAllAsync(path, [.. Spoilt.Of([Encoding.UTF8.GetBytes(Paths[path].Body)], 80, 12)]);
        refused.ShouldBeGreaterThan(10);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Post_BytesThatAreNoRequest_AreRefusedInTheClientsForm(string path)
    {
        var (format, good) = Paths[path];
        var text = Encoding.UTF8.GetBytes(good);
        var x = text.AsSpan().LastIndexOf("\""u8);
        byte[][] bodies =
        [
            [],
            [0],
            [0xEF, 0xBB, 0xBF],
            "{"u8.ToArray(),
            "null"u8.ToArray(),
            "[]"u8.ToArray(),
            "\"x\""u8.ToArray(),
            "{}{}"u8.ToArray(),
            text[..^1],
            [.. text, (byte)'}'],
            // Invalid UTF-8 inside a text, and a half of a surrogate pair.
            [.. text[..x], 0xFF, 0xFE, .. text[x..]],
            [.. text[..x], 0xC3, .. text[x..]],
            [.. text[..x], 0xED, 0xA0, 0x80, .. text[x..]],
            // Deeper than anything that is meant.
            Encoding.UTF8.GetBytes($"{{\"a\":{new string('[', 100_000)}"),
            Encoding.UTF8.GetBytes($"{good[..^1]},\"a\":{new string('[', 100_000)}{new string(']', 100_000)}}}"),
            Encoding.UTF8.GetBytes($"{good[..^1]},\"a\":{string.Concat(Enumerable.Repeat("{\"a\":", 50_000))}1{new string('}', 50_000)}}}"),
            Encoding.UTF8.GetBytes($"{{\"model\":\"{new string('m', 1_000_000)}\"}}"),
            Encoding.UTF8.GetBytes($"{{\"model\":7,{good[1..]}"),
            // Names that no header could hold.
            Encoding.UTF8.GetBytes(good.Replace("\"model\":\"", "\"model\":\"x\\r\\ny: \u00e9", StringComparison.Ordinal)),
            Encoding.UTF8.GetBytes(good.Replace("\"model\":\"", $"\"model\":\"{new string('m', 250_000)}", StringComparison.Ordinal)),
        ];
        await using var server = await FakeModelServer.StartAsync(AnswerAsync);
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.BeginUnlimited();
        foreach (var body in bodies)
        {
            var told = Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(60, body.Length)));
            var answer = await PostAsync(host, path, token, body);
            // What a path does not look into passes through to its provider, as it came.
            if (answer.Status != 200) ShouldBeRefusal(format, answer, told);
            else body.Length.ShouldBeGreaterThan(text.Length - 2, told);
        }

        // A body that is compressed is not what it looks like.
        foreach (var encoding in (string[])["gzip", "br", "zstd"])
        {
            var compressed = await PostAsync(host, path, token, text, encoding);
            ShouldBeRefusal(format, compressed, encoding);
            compressed.Status.ShouldBe(415, encoding);
        }

        (await PostAsync(host, path, token, text, "identity")).Status.ShouldBeOneOf(200, path == "/v1/batches" ? 404 : 200);
        await host.EndAsync(token);
    }

    [Fact]
    public async Task Post_FilesOfAllKinds_AreRefusedOrPassedOn()
    {
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            if (http.Request.Path.Value!.EndsWith("/content", StringComparison.Ordinal)) await http.Response.Body.WriteAsync(Lines[http.Request.Path.Value.Split('/')[^2]], http.RequestAborted);
            else if (http.Request.Path.Value.EndsWith("/files", StringComparison.Ordinal)) await FakeModelServer.Json(200, $$"""{"id":"{{http.Request.Headers["openai-beta"]}}","object":"file"}""")(http);
            else await FakeModelServer.Json(200, """{"id":"batch_1","object":"batch","status":"validating"}""")(http);
        });
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.BeginUnlimited();
        foreach (var (name, body) in Lines)
        {
            // The file's bytes are the provider's to judge; those of a batch are looked into before it is sent.
            var uploaded = await PostAsync(host, "/v1/files", token, body, more: ("openai-beta", name));
            if (uploaded.Status != 200) ShouldBeRefusal(WireFormats.OpenAiChat, uploaded, name);
            await host.Deferred.AddAsync(Bill(name), "kept for its owner", GatewayHost.Cancellation);
            var sent = await PostAsync(host, "/v1/batches", token, Encoding.UTF8.GetBytes($$"""{"input_file_id":"{{name}}","endpoint":"/v1/chat/completions","completion_window":"24h"}"""));
            if (sent.Status != 200) ShouldBeRefusal(WireFormats.OpenAiChat, sent, name);
            (sent.Status == 200).ShouldBe(name is "good" or "unicode", $"{name} {sent.Body}");
        }
    }

    [Fact]
    public async Task Post_ChunkedBodyThatEndsInTheMiddle_IsRefusedOrClosed()
    {
        await using var server = await FakeModelServer.StartAsync(AnswerAsync);
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.BeginUnlimited();
        var answered = 0;
        foreach (var (path, (format, _)) in Paths)
        {
            foreach (var rest in (string[])["transfer-encoding: chunked\r\n\r\nff\r\n{\"model\":", "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "content-length: 500\r\n\r\n{\"model\":", "content-length: -5\r\n\r\n{}"])
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, host.Http.BaseAddress!.Port, GatewayHost.Cancellation);
                await using var stream = client.GetStream();
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {token}\r\ncontent-type: application/json\r\n{rest}"), GatewayHost.Cancellation);
                client.Client.Shutdown(SocketShutdown.Send);
                using var reader = new StreamReader(stream);
                string answer;
                try
                {
                    answer = await reader.ReadToEndAsync(GatewayHost.Cancellation);
                }
                catch (IOException)
                {
                    answer = "";
                }

                // Nothing at all is an end too: the web server may close a connection that makes no sense.
                if (answer.Length == 0) continue;
                answered++;
                answer.Split(' ')[1].ShouldStartWith("4", Case.Sensitive, $"{path} {rest} {answer}");
                if (answer.IndexOf("\r\n\r\n{", StringComparison.Ordinal) is > 0 and var at)
                    ShouldBeRefusal(format, new Fakes.Answer(int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), answer[(at + 4)..], "application/json"), rest);
            }
        }

        answered.ShouldBeGreaterThan(0);
        (await host.EndAsync(token)).Usage.Attempts.ShouldBe(0);
        server.Calls.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Post_BodyThatDrips_IsRefusedAfterItsTime(string path)
    {
        var time = new ManualTimers();
        await using var server = await FakeModelServer.StartAsync(AnswerAsync);
        await using var host = await GatewayHost.StartAsync(server, time);
        var token = host.BeginUnlimited();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Http.BaseAddress!.Port, GatewayHost.Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {token}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{{"), GatewayHost.Cancellation);
        var reading = ReadHeadAsync(stream);
        // Each piece comes in time for the web server; all of them together take too long.
        for (var i = 0; i < 400 && !reading.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromSeconds(4));
            await stream.WriteAsync(" "u8.ToArray(), GatewayHost.Cancellation);
            await Task.WhenAny(reading, Task.Delay(5, GatewayHost.Cancellation));
        }

        var head = await reading.WaitAsync(TimeSpan.FromSeconds(20), GatewayHost.Cancellation);
        head.ShouldStartWith("HTTP/1.1 408");
        var at = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        ShouldBeRefusal(Paths[path].Format, new Fakes.Answer(408, head[(at + 4)..], "application/json"), path);
        head.ShouldContain("took longer than 300 s");
        (await host.EndAsync(token)).Usage.Attempts.ShouldBe(0);
    }

    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, GatewayHost.Cancellation);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            var all = text.ToString();
            var at = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0 || (at > 0 && all.TrimEnd().EndsWith('}'))) return all;
        }
    }

    private static readonly Dictionary<string, byte[]> Lines = new()
    {
        ["good"] = """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"x"}],"max_tokens":5}}"""u8.ToArray(),
        ["empty"] = [],
        ["garbage"] = [0xFF, 0x00, 0xC3, 0x0A, 0x7B],
        ["half"] = "{\"custom_id\":\"a\",\"body\":{"u8.ToArray(),
        ["types"] = "{\"custom_id\":7,\"method\":[],\"url\":{},\"body\":7}\n[7]\nnull"u8.ToArray(),
        ["deep"] = Encoding.UTF8.GetBytes($"{{\"custom_id\":\"a\",\"body\":{new string('[', 100_000)}"),
        ["unicode"] = [.. "{\"custom_id\":\"a\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\""u8, 0xFF, .. "\"}}"u8],
    };

    private static Contracts.Runs.DeferredBill Bill(string name) => new()
    {
        Kind = "file", Id = name, Provider = "openai", Model = "", LedgerKey = "", Budget = new Contracts.Runs.BudgetId("production"), Agent = GatewayHost.Agent, Version = GatewayHost.Version,
        TraceId = new TraceId(new string('1', 32)), Parent = new SpanId(new string('1', 16)), Purpose = Purpose.Evaluation, Created = DateTimeOffset.UnixEpoch,
    };

    private static async Task<(int Answered, int Refused)> PostAllAsync(string path, IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        await using var server = await FakeModelServer.StartAsync(AnswerAsync);
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.BeginUnlimited();
        var (answered, refused) = (0, 0);
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = GatewayHost.Cancellation }, async (body, _) =>
        {
            var answer = await PostAsync(host, path, token, body.ToArray());
            if (answer.Status == 200) Interlocked.Increment(ref answered);
            else
            {
                Interlocked.Increment(ref refused);
                ShouldBeRefusal(Paths[path].Format, answer, Encoding.UTF8.GetString(body.Span));
            }
        });
        // Whatever was answered was paid for, and nothing is left reserved but for batches, which are billed later.
        await host.EndAsync(token);
        var isBatch = path.EndsWith("batches", StringComparison.Ordinal) || path.EndsWith("batchGenerateContent", StringComparison.Ordinal);
        if (!isBatch) (await host.Ledger.ReadAsync(new Contracts.Runs.BudgetId("production"), GatewayHost.Cancellation))!.Reserved.Nano.ShouldBe(0);
        return (answered, refused);
    }

    private static async Task<Fakes.Answer> PostAsync(GatewayHost host, string path, string token, byte[] body, string? encoding = null, params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.Add("x-api-key", token);
        foreach (var (name, value) in more) request.Headers.Add(name, value);
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        return new Fakes.Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(GatewayHost.Cancellation), response.Content.Headers.ContentType?.MediaType);
    }

    private static void ShouldBeRefusal(string format, Fakes.Answer answer, string what)
    {
        answer.Status.ShouldBeInRange(400, 499, $"{what}: {answer.Body}");
        answer.ContentType.ShouldBe("application/json", what);
        var json = answer.Json;
        var error = json.GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty(what);
        switch (format)
        {
            case WireFormats.Anthropic:
                json.GetProperty("type").GetString().ShouldBe("error", what);
                error.GetProperty("type").GetString().ShouldNotBeNullOrEmpty(what);
                break;
            case WireFormats.Gemini:
                error.GetProperty("code").GetInt32().ShouldBe(answer.Status, what);
                error.GetProperty("status").GetString().ShouldNotBeNullOrEmpty(what);
                break;
            default:
                error.GetProperty("type").GetString().ShouldNotBeNullOrEmpty(what);
                error.GetProperty("code").GetString().ShouldNotBeNullOrEmpty(what);
                break;
        }
    }

    // A good answer in the form of whatever is asked: whole, streams too, which a server may do.
    private static Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path.EndsWith("embeddings", StringComparison.Ordinal)) return Json("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}""");
        if (path.EndsWith("count_tokens", StringComparison.Ordinal)) return Json("""{"input_tokens":3}""");
        if (path.EndsWith("countTokens", StringComparison.Ordinal)) return Json("""{"totalTokens":3}""");
        if (path.EndsWith("batchEmbedContents", StringComparison.Ordinal)) return Json("""{"embeddings":[{"values":[0.5]}]}""");
        if (path.EndsWith("embedContent", StringComparison.Ordinal)) return Json("""{"embedding":{"values":[0.5]}}""");
        if (path.EndsWith("batchGenerateContent", StringComparison.Ordinal)) return Json("""{"name":"batches/b1","metadata":{"state":"BATCH_STATE_PENDING"}}""");
        if (path.EndsWith("/batches", StringComparison.Ordinal)) return Json("""{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress"}""");
        var format = path.EndsWith("chat/completions", StringComparison.Ordinal) ? WireFormats.OpenAiChat
            : path.EndsWith("responses", StringComparison.Ordinal) ? WireFormats.OpenAiResponses
            : path.EndsWith("messages", StringComparison.Ordinal) ? WireFormats.Anthropic : WireFormats.Gemini;
        var reply = new NeutralReply
        {
            Id = "r_1",
            Model = "m",
            Usage = new TokenUsage { InputUncached = 10, OutputText = 5 },
            Answers = [new Answer(0, [new Part.Text("hi")], StopReason.End)],
        };
        return Json(Encoding.UTF8.GetString(WireFormats.All[format].WriteReply(reply, new Dropped()).Span));

        Task Json(string body) => FakeModelServer.Json(200, body)(http);
    }
}
