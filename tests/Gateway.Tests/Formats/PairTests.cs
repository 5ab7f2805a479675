using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Gateway.Tests.Formats.Neutral;

using Answer = Espalier.Gateway.Formats.Neutral.Answer;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Every client's format with every provider's: what was asked arrives, what was answered comes back, and the bill is the provider's count.</summary>
public sealed class PairTests
{
    private static readonly (string Format, string Model, string Path)[] Sides =
    [
        (WireFormats.OpenAiChat, "gpt-4.1-mini", "/v1/chat/completions"),
        (WireFormats.OpenAiResponses, "gpt-4.1-mini", "/v1/responses"),
        (WireFormats.Anthropic, "claude-sonnet-4-5", "/v1/messages"),
        (WireFormats.Gemini, "gemini-2.5-flash", "/v1beta/models/{0}:{1}"),
    ];

    public static TheoryData<string, string, bool> Pairs => new(
        from client in Sides
        from provider in Sides
        where provider.Format != WireFormats.OpenAiResponses || client.Format == WireFormats.OpenAiResponses
        from stream in (bool[])[false, true]
        select (client.Format, provider.Format, stream));

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Post_AnyClientToAnyProvider_IsUnderstoodOnBothSides(string clientName, string providerName, bool stream)
    {
        var (client, provider) = (WireFormats.All[clientName], WireFormats.All[providerName]);
        var reply = new NeutralReply
        {
            Id = "resp_9",
            Model = "the-model",
            Usage = new TokenUsage { InputUncached = 100, CacheRead = 20, OutputText = 30, OutputReasoning = providerName == WireFormats.Anthropic ? null : 0 },
            Answers = [new Answer(0, [new Part.Text("I look it up: é\n"), new Part.Call("call_1", "lookup", """{"item":"widget"}"""), new Part.Call("call_2", "lookup", """{"item":"gear"}""")], StopReason.Calls)],
        };
        await using var server = await FakeModelServer.StartAsync(Script(provider, providerName, reply, stream));
        // A server of chat completions alone, where the client speaks Responses.
        await using var host = await GatewayHost.StartAsync(server, options => options.OpenAi.Responses = providerName == WireFormats.OpenAiResponses);
        var request = new NeutralRequest
        {
            Model = Sides.Single(side => side.Format == providerName).Model,
            Stream = stream && clientName != WireFormats.Gemini,
            StreamUsage = true,
            MaxTokens = 500,
            Temperature = 0.5,
            Turns =
            [
                new Turn(TurnRole.System, [new Part.Text("Use the tools.")]),
                new Turn(TurnRole.User, [new Part.Text("What do they cost?"), new Part.Image(new Source { MediaType = "image/png", Base64 = "aGVsbG8=" })]),
                new Turn(TurnRole.Assistant, [new Part.Call("call_0", "lookup", """{"item":"x"}""")]),
                new Turn(TurnRole.Tool, [new Part.Result("call_0", null, new EquatableParts([new Part.Text("12.5")]))]),
            ],
            Tools = [new Tool("lookup", "Price of one", JsonRead("""{"type":"object","properties":{"item":{"type":"string"}},"required":["item"]}"""))],
            ToolChoice = new ToolChoice(ToolMode.Required),
        };
        var body = client.WriteRequest(request, new Dropped());
        var token = host.BeginUnlimited();
        var path = Sides.Single(side => side.Format == clientName).Path;
        var answer = await host.PostAsync(Path(path, request.Model, stream), token, Encoding.UTF8.GetString(body.Span));
        answer.Status.ShouldBe(200, answer.Body);

        var sent = server.Calls.ShouldHaveSingleItem();
        var sentBody = Encoding.UTF8.GetBytes(sent.Body);
        var target = providerName == WireFormats.Gemini ? new RequestTarget(request.Model, stream) : default;
        var asked = provider.ReadRequest(sentBody, provider.Parse(sentBody, target), new Dropped());
        asked.Stream.ShouldBe(stream);
        Told.Of(asked.Turns.Select(WithoutNames)).ShouldBe(Told.Of(request.Turns));
        Told.Of(asked.Tools.Select(tool => tool with { Strict = null })).ShouldBe(Told.Of(request.Tools));
        (asked.MaxTokens, asked.Temperature, asked.ToolChoice).ShouldBe((500, 0.5, request.ToolChoice));
        answer.Headers.ContainsKey("x-espalier-dropped").ShouldBeFalse();

        var answered = stream ? Told.Reply(await EventsAsync(client, answer.Body)) : client.ReadReply(Encoding.UTF8.GetBytes(answer.Body));
        Told.Of(answered.Answers).ShouldBe(Told.Of(reply.Answers));
        (answered.Usage!.InputTotal(), answered.Usage.CacheRead, answered.Usage.OutputTotal()).ShouldBe((120, 20, 30));
        var attempt = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt);
        (attempt.Usage!.InputTotal(), attempt.Usage.OutputTotal(), attempt.Error).ShouldBe((120, 30, null));
        attempt.Attributes.ContainsKey("usage").ShouldBeFalse();
        (await host.EndAsync(token)).Usage.OutputTokens.ShouldBe(30);
        sent.Headers.Values.ShouldNotContain(value => value.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_WhatTheProviderHasNoWordFor_IsNamedInHeaderAndTrace()
    {
        await using var server = await FakeModelServer.StartAsync(Script(WireFormats.All[WireFormats.Anthropic], WireFormats.Anthropic, Short(), false));
        await using var host = await GatewayHost.StartAsync(server);
        var named = await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), """{"model":"claude-sonnet-4-5","seed":7,"n":2,"logit_bias":{"1":2},"messages":[{"role":"user","content":"x","name":"me"}],"temperature":1.5,"tools":[{"type":"web_search"}]}""");
        named.Headers["x-espalier-dropped"].ShouldBe("logit_bias, messages.name, tools.web_search, temperature, seed, n");
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Model).ShouldAllBe(span => span.Attributes["dropped"] == "logit_bias, messages.name, tools.web_search, temperature, seed, n");
        server.Calls.First().Body.ShouldContain("\"temperature\":1}");
    }

    [Theory]
    [InlineData(WireFormats.OpenAiChat, WireFormats.Gemini, """{"model":"gemini-2.5-flash","stream":#,"logit_bias":{"1":2},"user":"u","parallel_tool_calls":false,"messages":[{"role":"user","content":"x","name":"me"}],"tools":[{"type":"function","function":{"name":"f"}}]}""", "logit_bias, messages.name, parallel_tool_calls, user")]
    [InlineData(WireFormats.OpenAiResponses, WireFormats.Anthropic, """{"model":"claude-sonnet-4-5","stream":#,"truncation":"auto","top_logprobs":3,"tools":[{"type":"file_search","vector_store_ids":["v"]}],"input":"x"}""", "truncation, tools.file_search, top_logprobs")]
    [InlineData(WireFormats.Anthropic, WireFormats.OpenAiChat, """{"model":"gpt-4.1-mini","stream":#,"max_tokens":9,"top_k":4,"tools":[{"type":"web_search_20250305","name":"web_search"}],"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"x"}]}""", "tools.web_search_20250305, cache_control, top_k")]
    [InlineData(WireFormats.Gemini, WireFormats.Anthropic, """{"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],"generationConfig":{"seed":7,"candidateCount":2},"tools":[{"googleSearch":{}}],"contents":[{"role":"user","parts":[{"text":"x"}]}]}""", "safetySettings, tools.googleSearch, seed, n")]
    public async Task Post_WhatAnyOtherFormatHasNoWordFor_IsNamedOnStreamsAsOnWholeAnswers(string client, string provider, string body, string named)
    {
        foreach (var stream in (bool[])[false, true])
        {
            await using var server = await FakeModelServer.StartAsync(Script(WireFormats.All[provider], provider, Short(), stream));
            await using var host = await GatewayHost.StartAsync(server, options => options.OpenAi.Responses = false);
            var path = Path(Sides.Single(side => side.Format == client).Path, Sides.Single(side => side.Format == provider).Model, stream);
            var answer = await host.PostAsync(path, host.BeginUnlimited(), body.Replace("#", stream ? "true" : "false", StringComparison.Ordinal));
            answer.Status.ShouldBe(200, answer.Body);
            answer.Headers.GetValueOrDefault("x-espalier-dropped", "").ShouldBe(named, $"{stream}");
            (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Model).Attributes["dropped"].ShouldBe(named, $"{stream}");
        }
    }

    [Fact]
    public async Task Post_ThinkingWithSignatures_ComesBackToItsProviderThroughClientsOfOtherFormats()
    {
        var thought = new Part.Thinking("step by step", "c2lnbmF0dXJl");
        var call = new Part.Call("toolu_1", "lookup", """{"item":"widget"}""");
        var reply = Short() with { Answers = [new Answer(0, [thought, call], StopReason.Calls)] };
        foreach (var client in Sides)
        {
            foreach (var stream in (bool[])[false, true])
            {
                await using var server = await FakeModelServer.StartAsync(Script(WireFormats.All[WireFormats.Anthropic], WireFormats.Anthropic, reply, stream));
                await using var host = await GatewayHost.StartAsync(server);
                var format = WireFormats.All[client.Format];
                var first = new NeutralRequest { Model = "claude-sonnet-4-5", Stream = stream && client.Format != WireFormats.Gemini, StreamUsage = true, Turns = [new Turn(TurnRole.User, [new Part.Text("x")])], MaxTokens = 9 };
                var path = Path(client.Path, first.Model, stream);
                var answer = await host.PostAsync(path, host.BeginUnlimited(), Encoding.UTF8.GetString(format.WriteRequest(first, new Dropped()).Span));
                var said = (stream ? Told.Reply(await EventsAsync(format, answer.Body)) : format.ReadReply(Encoding.UTF8.GetBytes(answer.Body))).Answers[0].Parts;
                said.OfType<Part.Thinking>().ShouldHaveSingleItem($"{client.Format} {stream}").Signature.ShouldBe("c2lnbmF0dXJl", $"{client.Format} {stream}");
                if (client.Format == WireFormats.OpenAiChat) continue;

                var second = first with { Turns = [.. first.Turns, new Turn(TurnRole.Assistant, said), new Turn(TurnRole.Tool, [new Part.Result("toolu_1", null, new EquatableParts([new Part.Text("12.5")]))])] };
                await host.PostAsync(path, host.BeginUnlimited(), Encoding.UTF8.GetString(format.WriteRequest(second, new Dropped()).Span));
                var body = Encoding.UTF8.GetBytes(server.Calls.Last().Body);
                var anthropic = WireFormats.All[WireFormats.Anthropic];
                Told.Of(anthropic.ReadRequest(body, anthropic.Parse(body, default), new Dropped()).Turns[1].Parts).ShouldBe(Told.Of((Part[])[thought, call]), $"{client.Format} {stream}");
            }
        }
    }

    [Fact]
    public async Task Post_SlotsMemoryAndCascade_WorkForEveryFormat()
    {
        foreach (var side in Sides)
        {
            foreach (var stream in (bool[])[false, true])
            {
                await using var host = await GatewayHost.StartAsync(
                    null,
                    ("models.yaml", "slots: { triage: { model: local/char-nn, max_tokens: 64 } }"),
                    ("router.yaml", "routes: { triage: { cascade: [ { model: local/word-nn, below: 1 }, { model: local/char-nn } ] } }"),
                    ("memory.yaml", "history: { keep_last: 1 }\nretrieval: { source: rev_a, k: 1, slot: triage }"));
                host.Memory.Put("rev_a", ("my parcel has not arrived", "delivery_late", "c"));
                var format = WireFormats.All[side.Format];
                var request = new NeutralRequest
                {
                    Model = "triage",
                    Stream = stream && side.Format != WireFormats.Gemini,
                    StreamUsage = true,
                    MaxTokens = 500,
                    Turns =
                    [
                        new Turn(TurnRole.System, [new Part.Text(Prompts.Labels)]),
                        new Turn(TurnRole.User, [new Part.Text("old question")]),
                        new Turn(TurnRole.Assistant, [new Part.Text("refund")]),
                        new Turn(TurnRole.User, [new Part.Text("where is my parcel, it has not arrived")]),
                    ],
                };
                var answer = await host.PostAsync(Path(side.Path, "triage", stream), host.Begin(), Encoding.UTF8.GetString(format.WriteRequest(request, new Dropped()).Span));
                answer.Status.ShouldBe(200, $"{side.Format} {stream} {answer.Body}");
                var reply = stream ? Told.Reply(await EventsAsync(format, answer.Body)) : format.ReadReply(Encoding.UTF8.GetBytes(answer.Body));
                Told.Of(reply.Answers[0].Parts).ShouldBe(Told.Of((Part[])[new Part.Text("delivery_late")]), $"{side.Format} {stream}");
                var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
                attempts.Count.ShouldBe(2, $"{side.Format} {stream}");
                attempts.ShouldAllBe(span => span.Input!.Contains("<examples>", StringComparison.Ordinal) && !span.Input.Contains("old question", StringComparison.Ordinal) && span.Cost > Usd.Zero);
            }
        }
    }

    private static NeutralReply Short() => new()
    {
        Id = "msg_1",
        Model = "claude-sonnet-4-5",
        Usage = new TokenUsage { InputUncached = 10, OutputText = 5 },
        Answers = [new Answer(0, [new Part.Text("hi")], StopReason.End)],
    };

    private static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Script(IWireFormat format, string name, NeutralReply reply, bool stream)
    {
        if (!stream) return FakeModelServer.Json(200, Encoding.UTF8.GetString(format.WriteReply(reply, new Dropped()).Span));
        var request = format.Parse(format.WriteRequest(new NeutralRequest { Model = "m", Turns = [new Turn(TurnRole.User, [new Part.Text("x")])] }, new Dropped()), new RequestTarget("m", true));
        request.IncludeUsage = true;
        var writer = format.NewEventWriter(request, new Dropped());
        return FakeModelServer.Events(string.Concat(reply.ToEvents().SelectMany(writer.Write).Select(streamed => Encoding.UTF8.GetString(streamed.Raw.Span))));
    }

    private static Turn WithoutNames(Turn turn) => turn with { Parts = [.. turn.Parts.Select(part => part is Part.Result result ? result with { Name = null } : part)] };

    private static string Path(string path, string model, bool stream) => path.Contains('{', StringComparison.Ordinal)
        ? path.Replace("{0}", model, StringComparison.Ordinal).Replace("{1}", stream ? "streamGenerateContent?alt=sse" : "generateContent", StringComparison.Ordinal) : path;

    private static async Task<List<NeutralEvent>> EventsAsync(IWireFormat format, string body)
    {
        var reader = format.NewEventReader();
        var events = new List<NeutralEvent>();
        await foreach (var streamed in ServerSentEvents.ReadAsync(new SlowStream(Encoding.UTF8.GetBytes(body), 100), 1 << 20, GatewayHost.Cancellation)) events.AddRange(reader.Read(streamed));
        events.AddRange(reader.End());
        return events;
    }

    private static System.Text.Json.JsonElement JsonRead(string json) => System.Text.Json.JsonDocument.Parse(json).RootElement;
}
