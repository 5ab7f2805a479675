using System.Text;
using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Http;
using Answer = Espalier.Gateway.Tests.Fakes.Answer;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Whatever a model server sends, the client gets an answer or an error in its own format, and what was used is billed.</summary>
public sealed class GarbageTests
{
    private static readonly string[] Clients = [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    // Beginnings of good streams, each cut before its end.
    private static readonly Dictionary<string, string> Begun = new()
    {
        [WireFormats.OpenAiChat] = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hé\"}}]}\n\n",
        [WireFormats.OpenAiResponses] = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"model\":\"m\",\"status\":\"in_progress\",\"output\":[]}}\n\n"
            + "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"hé\"}\n\n",
        [WireFormats.Anthropic] =
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hé\"}}\n\n",
        [WireFormats.Gemini] = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hé\"}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}\n\n",
    };

    public static TheoryData<string> Names => [.. Clients];

    public static TheoryData<string, string> Pairs => new(from client in Clients from provider in Clients where provider != WireFormats.OpenAiResponses || client == provider select (client, provider));

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Post_WholeReplyIsGarbage_IsA502InTheClientsFormatAndBilledByEstimate(string client, string provider)
    {
        foreach (var garbage in (string[])["", "<html>busy</html>", "[]", "{}", "7", "{\"choices\":7,\"output\":7,\"content\":7,\"candidates\":7}", "{\"choices\":[{\"message\":", "{\"error\":{\"message\":\"no luck\"}}", "\u00ff\u00fe"])
        {
            var (answer, spans) = await AskAsync(client, provider, stream: false, FakeModelServer.Json(200, garbage));
            answer.Status.ShouldBe(502, $"{client} {provider} {garbage}");
            ShouldBeError(client, answer.Json, 502);
            spans.Single(span => span.Kind == SpanKind.Attempt).Cost!.Value.Nano.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Post_StreamBeginsWithGarbage_IsA502InTheClientsFormat(string client, string provider)
    {
        foreach (var garbage in (string[])["", "data: {broken\n\n", "data: [7]\n\n", "data: {\"choices\":7,\"candidates\":7,\"response\":{\"output\":7,\"id\":8},\"message\":{\"content\":7}}\n\n", "data: {\"error\":{\"message\":\"no luck\"}}\n\n"])
        {
            var (answer, spans) = await AskAsync(client, provider, stream: true, FakeModelServer.Events(garbage));
            answer.Status.ShouldBe(502, $"{client} {provider} {garbage}");
            // What the provider says in the client's own format is passed on in its words.
            if (client == provider && garbage.Contains("no luck", StringComparison.Ordinal)) answer.Error.GetProperty("message").GetString().ShouldBe("no luck");
            else ShouldBeError(client, answer.Json, 502);
            spans.ShouldAllBe(span => span.Error != null);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Post_StreamEndsOrBreaksInTheMiddle_EndsWithAnErrorEventOfTheClientsFormat(string client, string provider)
    {
        foreach (var rest in (string[])["", "data: {broken\n\n", "data: {\"id\":", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"message\":\"Overloaded\"}\n\n"])
        {
            var (answer, spans) = await AskAsync(client, provider, stream: true, FakeModelServer.Events(Begun[provider] + rest));
            answer.Status.ShouldBe(200, $"{client} {provider} {rest}");
            var last = answer.Body.TrimEnd().Split("data: ")[^1];
            using var error = JsonDocument.Parse(last);
            error.RootElement.ToString().ShouldContain(rest.Contains("Overloaded", StringComparison.Ordinal) ? "Overloaded" : "model server");
            var attempt = spans.Single(span => span.Kind == SpanKind.Attempt);
            attempt.Error.ShouldNotBeNull($"{client} {provider} {rest}");
            attempt.Cost!.Value.Nano.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_OddButValidFraming_PassesThroughByteForByteAndIsRead(string name)
    {
        var (wire, _) = Stream(name);
        var odd = wire.Replace("\n", "\r\n", StringComparison.Ordinal).Insert(0, ": hello\r\n\r\nretry: 10\r\n\r\n").Replace("data: ", "data:", StringComparison.Ordinal);
        foreach (var size in (int[])[1, 3, 1000])
        {
            var pieces = Encoding.UTF8.GetBytes(odd).Chunk(size).ToArray();
            var (answer, spans) = await AskAsync(name, name, stream: true, FakeModelServer.Pieces("text/event-stream", pieces));
            answer.Body.ShouldBe(odd, $"{name} {size}");
            var attempt = spans.Single(span => span.Kind == SpanKind.Attempt);
            (attempt.Error, attempt.Output, attempt.Usage!.InputTotal(), attempt.Usage.OutputTotal()).ShouldBe((null, "grüße 😀", 120, 30), $"{name} {size}");
        }
    }

    [Fact]
    public async Task Post_DataOverSeveralLines_IsOneEvent()
    {
        const string wire = "data: {\"id\":\"c\",\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"hi\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n";
        var (answer, spans) = await AskAsync(WireFormats.OpenAiChat, WireFormats.OpenAiChat, stream: true, FakeModelServer.Events(wire));
        answer.Body.ShouldBe(wire, "no [DONE] came, and the answer said that it was over");
        spans.Single(span => span.Kind == SpanKind.Attempt).Output.ShouldBe("hi");
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(20, false)]
    public async Task Post_LineOfManyMegabytes_PassesOrIsRefusedCleanly(int megabytes, bool passes)
    {
        var wire = $"data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{new string('x', megabytes << 20)}\"}},\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n";
        var (answer, spans) = await AskAsync(WireFormats.OpenAiChat, WireFormats.OpenAiChat, stream: true, FakeModelServer.Events(wire));
        answer.Status.ShouldBe(passes ? 200 : 502);
        if (passes) answer.Body.ShouldBe(wire);
        else answer.Error.GetProperty("message").GetString()!.ShouldContain("16 MiB");
        spans.Single(span => span.Kind == SpanKind.Attempt).Cost!.Value.Nano.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_ServerThatGoesSilent_IsEndedByAnErrorOfTheClientsFormat(string name)
    {
        Func<HttpContext, Task> script = async http =>
        {
            await FakeModelServer.Events(Begun[name])(http);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        var (answer, spans) = await AskAsync(name, name, stream: true, script, options =>
        {
            foreach (var server in (Gateway.Providers.UpstreamOptions[])[options.OpenAi, options.Anthropic, options.Gemini]) server.SilenceTimeout = TimeSpan.FromMilliseconds(200);
        });
        answer.Body.ShouldStartWith(Begun[name]);
        answer.Body.Split("data: ")[^1].ShouldContain("in time");
        spans.Single(span => span.Kind == SpanKind.Attempt).Attributes["usage"].ShouldBe("estimated");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_WholeReplyWhereAStreamWasAskedFor_IsToldAsAStream(string name)
    {
        var (_, reply) = Stream(name);
        var whole = Encoding.UTF8.GetString(WireFormats.All[name].WriteReply(reply, new Dropped()).Span);
        var (answer, _) = await AskAsync(name, name, stream: true, FakeModelServer.Json(200, whole));
        answer.ContentType.ShouldBe("text/event-stream");
        answer.Body.ShouldContain("grüße");
    }

    [Fact]
    public async Task Post_JsonArrayStream_PassesThroughAndBreaksCleanly()
    {
        const string element = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a ]}\\\" b\"}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}";
        const string last = "{\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":120,\"candidatesTokenCount\":30,\"totalTokenCount\":150}}";
        var good = $"[{element}\r\n,\r\n{last}]\r\n";
        foreach (var (wire, whole) in ((string, bool)[])[(good, true), ($"[{element}", false), ($"[{element},{{\"broken", false)])
        {
            await using var server = await FakeModelServer.StartAsync(FakeModelServer.Pieces("application/json", [.. Encoding.UTF8.GetBytes(wire).Chunk(5)]));
            await using var host = await GatewayHost.StartAsync(server);
            var answer = await host.PostAsync("/v1beta/models/gemini-2.5-flash:streamGenerateContent", host.Begin(), Body(WireFormats.Gemini, WireFormats.Gemini, false));
            server.Calls.Single().Target.ShouldBe("POST /v1beta/models/gemini-2.5-flash:streamGenerateContent");
            answer.ContentType.ShouldBe("application/json");
            if (whole) answer.Body.ShouldBe(wire);
            else answer.Json.EnumerateArray().Last().GetProperty("error").GetProperty("status").GetString().ShouldBe("UNAVAILABLE");
            var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
            attempt.Output.ShouldBe("a ]}\" b");
            (attempt.Error is null).ShouldBe(whole);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Post_RefusedByTheGateway_IsSaidInTheClientsFormat(string name)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, "{}"));
        await using var host = await GatewayHost.StartAsync(server);
        var body = Body(name, name, stream: false);
        foreach (var (token, sent, status) in ((string, string, int)[])[("nobody", body, 401), (host.Begin(), "{", 400), (host.Begin(), "{}", 400), (host.Begin(), "[]", 400), (host.Begin(GatewayHost.Context(new Usd(1))), body, 402)])
        {
            var answer = await host.PostAsync(Path(name, name, false), token, sent);
            answer.Status.ShouldBe(status, answer.Body);
            ShouldBeError(name, answer.Json, status);
        }
    }

    private static void ShouldBeError(string client, JsonElement answer, int status)
    {
        var error = answer.GetProperty("error");
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        switch (client)
        {
            case WireFormats.Anthropic:
                answer.GetProperty("type").GetString().ShouldBe("error");
                error.GetProperty("type").GetString().ShouldBe(status switch { 401 => "authentication_error", 402 => "billing_error", 502 => "api_error", _ => "invalid_request_error" });
                break;
            case WireFormats.Gemini:
                error.GetProperty("code").GetInt32().ShouldBe(status);
                error.GetProperty("status").GetString().ShouldBe(status switch { 401 => "UNAUTHENTICATED", 402 => "RESOURCE_EXHAUSTED", 502 => "UNAVAILABLE", _ => "INVALID_ARGUMENT" });
                break;
            default:
                error.GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
                break;
        }
    }

    private static async Task<(Answer Answer, IReadOnlyList<Span> Spans)> AskAsync(
        string client, string provider, bool stream, Func<HttpContext, Task> script, Action<GatewayOptions>? configure = null)
    {
        await using var server = await FakeModelServer.StartAsync(script);
        await using var host = await GatewayHost.StartAsync(server, options =>
        {
            options.OpenAi.Responses = provider == WireFormats.OpenAiResponses;
            configure?.Invoke(options);
        });
        var token = host.Begin();
        var answer = await host.PostAsync(Path(client, provider, stream), token, Body(client, provider, stream));
        await host.EndAsync(token);
        return (answer, await host.SpansAsync());
    }

    private static string Body(string client, string provider, bool stream) => Encoding.UTF8.GetString(WireFormats.All[client].WriteRequest(
        new NeutralRequest
        {
            Model = Model(provider),
            Stream = stream,
            StreamUsage = true,
            MaxTokens = 100,
            Turns = [new Turn(TurnRole.User, [new Part.Text("hello")])],
        },
        new Dropped()).Span);

    private static string Path(string client, string provider, bool stream) => client switch
    {
        WireFormats.OpenAiChat => "/v1/chat/completions",
        WireFormats.OpenAiResponses => "/v1/responses",
        WireFormats.Anthropic => "/v1/messages",
        _ => $"/v1beta/models/{Model(provider)}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}",
    };

    private static string Model(string provider) => provider switch { WireFormats.Anthropic => "claude-sonnet-4-5", WireFormats.Gemini => "gemini-2.5-flash", _ => "gpt-4.1-mini" };

    private static (string Wire, NeutralReply Reply) Stream(string name)
    {
        var reply = new NeutralReply
        {
            Id = "resp_1",
            Model = "m",
            Usage = new TokenUsage { InputUncached = 120, OutputText = 30 },
            Answers = [new Espalier.Gateway.Formats.Neutral.Answer(0, [new Part.Text("grüße 😀")], StopReason.End)],
        };
        var format = WireFormats.All[name];
        var request = format.Parse(Encoding.UTF8.GetBytes(Body(name, name, true)), new RequestTarget(Model(name), true));
        var writer = format.NewEventWriter(request, new Dropped());
        return (string.Concat(reply.ToEvents().SelectMany(writer.Write).Select(streamed => Encoding.UTF8.GetString(streamed.Raw.Span))), reply);
    }
}
