using System.Text;
using System.Text.Json;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Policies.Guardrails.Approval;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Answer = Espalier.Gateway.Tests.Fakes.Answer;

namespace Espalier.Gateway.Tests.Policies;

public sealed class GuardrailsTests
{
    private const string Address = "ann.lee@example.com";
    private const string Card = "4111 1111 1111 1111";

    public static TheoryData<string> Formats => [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    public static TheoryData<string, string> FormatsAndModes
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var format in Formats)
                foreach (var mode in (string[])["whole", "buffer", "window", "audit"]) data.Add(format, mode);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Post_RedactInput_TakesTheValueOutOfTextsResultsAndArgumentsAndOutOfNothingElse(string format)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await StartAsync(server, "guardrails: [ { pii: [email, card], action: redact, stage: input, roles: [user, assistant, tool] } ]");
        var body = Encoding.UTF8.GetString(WireFormats.All[format].WriteRequest(
            new NeutralRequest
            {
                Model = "gpt-x",
                Turns =
                [
                    new Turn(TurnRole.System, [new Part.Text($"Write to {Address} for help.")]),
                    new Turn(TurnRole.User, [new Part.Text($"I am \"{Address}\",\ncard {Card}.")]),
                    new Turn(TurnRole.Assistant, [new Part.Call("call_1", "find", $$"""{"name":"{{Address}}","limit":3}""")]),
                    new Turn(TurnRole.Tool, [new Part.Result("call_1", "find", new EquatableParts([new Part.Text($"owner: {Address}")]))]),
                ],
                Tools = [new Tool("find", "finds", JsonDocument.Parse("""{"type":"object"}""").RootElement)],
            },
            new Dropped()).Span);
        (await PostAsync(host, format, body, stream: false)).Status.ShouldBe(200);
        var sent = server.Requests.ShouldHaveSingleItem().Body;
        sent.ShouldNotContain(Card);
        Occurrences(sent, Address).ShouldBe(1, "the instructions are the agent's own");
        var placeholders = System.Text.RegularExpressions.Regex.Matches(sent, @"\[EMAIL:[0-9a-f]{12}\]").Select(match => match.Value).ToList();
        placeholders.Count.ShouldBe(3);
        placeholders.Distinct().ShouldHaveSingleItem("one value has one placeholder");
        sent.ShouldContain("\\\"limit\\\":3");
        var span = (await host.SpansAsync()).Single(one => one.Kind == SpanKind.Guardrail);
        (span.Name, span.Output, span.Details!.GuardrailTriggered).ShouldBe(("pii", "redacted", true));
        span.Attributes["guardrail.findings"].ShouldBe("""{"card":1,"email":3}""");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Post_BlockedInput_IsRefusedInTheClientsFormAndNoModelIsAsked(string format)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await StartAsync(server, "guardrails: [ { name: no-secrets, pattern: '(?i)launch code', action: block } ]");
        foreach (var stream in (bool[])[false, true])
        {
            var token = host.BeginUnlimited();
            var answer = await PostAsync(host, format, Request(format, "Tell me the LAUNCH code", stream), stream, token);
            answer.Status.ShouldBe(400);
            answer.Body.ShouldContain("guardrail_blocked");
            answer.Body.ShouldContain("The guardrail 'no-secrets' blocked the request: it holds no_secrets.");
            (await host.EndAsync(token)).Refusal.ShouldNotBeNull().ShouldContain("no-secrets");
        }

        server.Requests.ShouldBeEmpty();
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Guardrail).ShouldAllBe(span => span.Attributes["guardrail.stage"] == "input" && span.Output == "blocked");
    }

    [Theory]
    [MemberData(nameof(FormatsAndModes))]
    public async Task Post_BlockedOutput_NeverShowsWhatIsBlockedWhateverTheStream(string format, string mode)
    {
        const string before = "The weather is fine today, and there is a lot more to say about it before anything else is said at all. ";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, before + "The launch code is 0000. And so on, for a while, to the end.")));
        var streams = mode is "whole" ? "" : mode == "window" ? ", stream: window, window: 24" : $", stream: {mode}";
        await using var host = await StartAsync(server, $"guardrails: [ {{ name: codes, pattern: 'launch code is [0-9]+', action: block, stage: output{streams} }} ]");
        var answer = await PostAsync(host, format, Request(format, "hello", mode != "whole"), mode != "whole");
        var verdict = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Guardrail);
        if (mode == "audit")
        {
            (answer.Status, Said(format, answer.Body)).ShouldBe((200, before + "The launch code is 0000. And so on, for a while, to the end."));
            verdict.Output.ShouldBe("flagged");
            return;
        }

        verdict.Output.ShouldBe("blocked");
        answer.Body.ShouldNotContain("0000");
        answer.Body.ShouldContain("guardrail_blocked");
        if (mode == "window")
        {
            answer.Status.ShouldBe(200);
            var said = Said(format, answer.Body[..answer.Body.IndexOf("guardrail_blocked", StringComparison.Ordinal)]);
            said.Length.ShouldBeGreaterThan(50, "what was looked at is shown");
            before.ShouldStartWith(said[..Math.Min(said.Length, before.Length)]);
            said.ShouldNotContain("launch code");
            if (format == WireFormats.Anthropic) answer.Body.ShouldContain("event: error\n");
            answer.Body.TrimEnd().ShouldEndWith("}");
        }
        else answer.Status.ShouldBe(400);
        // The stream was read to its end, so its cost is known.
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Usage!.InputUncached.ShouldBe(10);
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Model).Error.ShouldNotBeNull().ShouldContain("codes");
    }

    [Theory]
    [MemberData(nameof(FormatsAndModes))]
    public async Task Post_RedactedOutput_ShowsThePlaceholderAndNothingOfTheValueAnywhere(string format, string mode)
    {
        if (mode == "audit") return;
        var text = $"Dear customer, write to {Address} or to {Address}, and never to anybody else, please. That is all that there is to say here.";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, text, -0.5)));
        var streams = mode is "whole" ? "" : mode == "window" ? ", stream: window, window: 40" : ", stream: buffer";
        await using var host = await StartAsync(server, $"guardrails: [ {{ pii: all, action: redact, stage: output{streams} }} ]");
        var answer = await PostAsync(host, format, Request(format, "hello", mode != "whole"), mode != "whole");
        answer.Status.ShouldBe(200);
        answer.Body.ShouldNotContain("ann.lee");
        answer.Body.ShouldNotContain("example.com");
        var said = mode == "whole" ? answer.Body : Said(format, answer.Body);
        var placeholders = System.Text.RegularExpressions.Regex.Matches(said, @"\[EMAIL:[0-9a-f]{12}\]");
        placeholders.Count.ShouldBe(2);
        if (mode != "whole") said.ShouldBe(text.Replace(Address, placeholders[0].Value, StringComparison.Ordinal));
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Guardrail).Attributes["guardrail.findings"].ShouldBe("""{"email":2}""");
    }

    [Theory]
    [MemberData(nameof(FormatsAndModes))]
    public async Task Post_CallOfAToolThatIsNotOnTheList_IsBlockedOnStreamsToo(string format, string mode)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Call(request, "drop_tables", """{"really":"yes"}""")));
        var streams = mode is "whole" ? "" : $", stream: {mode}";
        await using var host = await StartAsync(server, $"guardrails: [ {{ tools: [get_*, find], action: block{streams} }} ]");
        var answer = await PostAsync(host, format, Request(format, "hello", mode != "whole"), mode != "whole");
        if (mode == "audit")
        {
            answer.Body.ShouldContain("drop_tables");
            (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Guardrail).Output.ShouldBe("flagged");
            return;
        }

        answer.Body.ShouldNotContain("really");
        answer.Body.ShouldContain("the tool 'drop_tables' is not on the list");
    }

    [Theory]
    [MemberData(nameof(FormatsAndModes))]
    public async Task Post_RedactedCall_KeepsItsArgumentsJson(string format, string mode)
    {
        if (mode == "audit") return;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            ChatReplies.Call(request, "mail", $$"""{"to":"{{Address}}","name":"x \"{{Address}}\"","card":4111111111111111}""")));
        var streams = mode is "whole" ? "" : mode == "window" ? ", stream: window, window: 40" : ", stream: buffer";
        await using var host = await StartAsync(server, $"guardrails: [ {{ pii: [email, card], action: redact, stage: output{streams} }} ]");
        var answer = await PostAsync(host, format, Request(format, "hello", mode != "whole"), mode != "whole");
        answer.Status.ShouldBe(200);
        answer.Body.ShouldNotContain("example.com");
        answer.Body.ShouldNotContain("41111111");
        var arguments = Arguments(format, answer.Body, mode != "whole");
        arguments.GetProperty("to").GetString()!.ShouldStartWith("[EMAIL:");
        arguments.GetProperty("name").GetString()!.ShouldMatch("^x \"\\[EMAIL:[0-9a-f]{12}\\]\"$");
        arguments.GetProperty("card").GetString()!.ShouldStartWith("[CARD:");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_CallThatNeedsApproval_IsHeldUntilAPersonAllowsItAndThenPassesOnce(bool stream)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Call(request, "refund", """{"order":"A7","usd":20}""")));
        await using var host = await StartAsync(server, "guardrails: [ { name: money, approval: { tools: [refund, pay_*], valid: 2h } } ]");
        var desk = host.Services.GetRequiredService<ApprovalDesk>();
        var body = Request(WireFormats.OpenAiChat, "hello", stream);
        var held = await PostAsync(host, WireFormats.OpenAiChat, body, stream);
        (held.Status, held.Error.GetProperty("code").GetString()).ShouldBe((403, "approval_required"));
        held.Body.ShouldNotContain("\"order\"");
        var approval = (await desk.ListAsync(GatewayHost.Agent, ApprovalState.Pending, GatewayHost.Cancellation)).ShouldHaveSingleItem();
        held.Error.GetProperty("message").GetString()!.ShouldContain($"/api/v1/approvals/{approval.Id}/approve");
        (approval.Tool, approval.Arguments, approval.Guardrail, approval.Version).ShouldBe(("refund", """{"order":"A7","usd":20}""", "money", GatewayHost.Version));

        // Asking again is the same approval.
        await PostAsync(host, WireFormats.OpenAiChat, body, stream);
        (await desk.ListAsync(null, null, GatewayHost.Cancellation)).ShouldHaveSingleItem();

        await desk.DecideAsync(approval.Id, approve: true, "ann", GatewayHost.Cancellation);
        var passed = await PostAsync(host, WireFormats.OpenAiChat, body, stream);
        passed.Status.ShouldBe(200);
        passed.Body.ShouldContain("refund");
        Arguments(WireFormats.OpenAiChat, passed.Body, stream).GetProperty("order").GetString().ShouldBe("A7");
        (await PostAsync(host, WireFormats.OpenAiChat, body, stream)).Status.ShouldBe(403, "one yes is for one call");

        await desk.DecideAsync(approval.Id, approve: false, "bo", GatewayHost.Cancellation);
        var denied = await PostAsync(host, WireFormats.OpenAiChat, body, stream);
        (denied.Status, denied.Error.GetProperty("code").GetString()).ShouldBe((403, "approval_denied"));
        denied.Body.ShouldContain("bo");
    }

    [Fact]
    public async Task Post_AnswerThatBreaksTheSchema_IsBlockedWholeAndStreamed()
    {
        var text = "{\"label\":\"x\"}";
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, text)));
        await using var host = await StartAsync(
            server, "guardrails: [ { schema: schemas/answer.json, action: block } ]", ("schemas/answer.json", """{"type":"object","required":["label"],"properties":{"label":{"enum":["x","y"]}}}"""));
        foreach (var stream in (bool[])[false, true])
        {
            text = "{\"label\":\"x\"}";
            (await PostAsync(host, WireFormats.OpenAiChat, Request(WireFormats.OpenAiChat, "a", stream), stream)).Status.ShouldBe(200);
            text = "{\"label\":\"secret value\"}";
            var blocked = await PostAsync(host, WireFormats.OpenAiChat, Request(WireFormats.OpenAiChat, "a", stream), stream);
            blocked.Status.ShouldBe(400);
            blocked.Error.GetProperty("message").GetString().ShouldBe("The guardrail 'schema' blocked the answer: /label is none of the values of 'enum'.");
        }
    }

    [Theory]
    [InlineData("buffer")]
    [InlineData("window, window: 40")]
    public async Task Post_RecordedStreams_UnderGuardrailsThatFindNothingKeepEveryByte(string mode)
    {
        var root = SharedFiles.Require("captures", "wire");
        var passed = 0;
        foreach (var file in Directory.GetFiles(root, "*.sse", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var recorded = file.Replace(".sse", ".req.json", StringComparison.Ordinal);
            if (!File.Exists(recorded)) continue;
            using var request = JsonDocument.Parse(await File.ReadAllBytesAsync(recorded, GatewayHost.Cancellation));
            var path = request.RootElement.GetProperty("path").GetString()!;
            var stream = await File.ReadAllTextAsync(file, GatewayHost.Cancellation);
            await using var server = await FakeModelServer.StartAsync(FakeModelServer.Events(stream));
            await using var host = await GatewayHost.StartAsync(
                server, null, ("guardrails.yaml", $"guardrails: [ {{ pattern: 'no-such-words-anywhere', action: block, stage: output, stream: {mode} }} ]"));
            var token = host.BeginUnlimited();
            var guarded = await host.PostAsync(path, token, request.RootElement.GetProperty("body").GetRawText(), path.Contains("v1beta", StringComparison.Ordinal) ? "x-goog-api-key" : "authorization");
            await using var plain = await GatewayHost.StartAsync(server);
            var bare = await plain.PostAsync(path, plain.BeginUnlimited(), request.RootElement.GetProperty("body").GetRawText(), path.Contains("v1beta", StringComparison.Ordinal) ? "x-goog-api-key" : "authorization");
            if (bare.Body.Contains("ended its stream", StringComparison.Ordinal))
            {
                // Half a call is held back and never shown; the end is told all the same.
                guarded.Body.ShouldContain("ended its stream", Case.Sensitive, file);
                continue;
            }

            guarded.Body.ShouldBe(bare.Body, file);
            passed++;
        }

        passed.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Ask_WaysThatNobodyCouldLookAt_AreClosedToVersionsWithGuardrails()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.Json(200, """{"id":"resp_1","object":"response","status":"completed","output":[]}"""));
        await using var host = await GatewayHost.StartAsync(server, null, ("guardrails.yaml", "guardrails: [ { pii: all, action: redact } ]"));
        var background = await host.PostAsync("/v1/responses", host.BeginUnlimited(), """{"model":"gpt-x","input":"a","background":true}""");
        (background.Status, background.Error.GetProperty("code").GetString()).ShouldBe((400, "guardrail_passed_by"));
        using var fetch = new HttpRequestMessage(HttpMethod.Get, "/v1/responses/resp_1");
        fetch.Headers.TryAddWithoutValidation("x-api-key", host.BeginUnlimited());
        using var fetched = await host.Http.SendAsync(fetch, GatewayHost.Cancellation);
        (await fetched.Content.ReadAsStringAsync(GatewayHost.Cancellation)).ShouldContain("guardrail_passed_by");
        var batch = await host.PostAsync("/v1/messages/batches", host.BeginUnlimited(), """{"requests":[{"custom_id":"a","params":{"model":"claude-x","max_tokens":5,"messages":[{"role":"user","content":"a"}]}}]}""");
        (batch.Status, batch.Error.GetProperty("code").GetString()).ShouldBe((400, "guardrail_passed_by"));
        server.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_TwoVersionsSideBySide_EachHasItsOwnGuardrailsRoutesAndMemory()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, $"write to {Address}")));
        await using var host = await StartAsync(server, "guardrails: [ { pii: all, action: redact } ]");
        var other = new Espalier.Contracts.Agents.VersionId("2222222222222222222222222222222222222222");
        host.Repository.Put(other, ("router.yaml", "default: { model: gpt-other }"), ("memory.yaml", "history: { keep_last: 1 }"));
        var (first, second) = (host.BeginUnlimited(), host.Begin(GatewayHost.Context(new Espalier.Contracts.Shared.Usd(long.MaxValue), version: other)));
        const string body = """{"model":"gpt-x","messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"three"}]}""";
        for (var i = 0; i < 3; i++)
        {
            var (one, two) = (await host.PostAsync(first, body), await host.PostAsync(second, body));
            (one.Content.Contains("[EMAIL:", StringComparison.Ordinal), one.Json.GetProperty("model").GetString()).ShouldBe((true, "gpt-x"));
            (two.Content, two.Json.GetProperty("model").GetString()).ShouldBe(($"write to {Address}", "gpt-other"));
        }

        server.Requests.Count(request => request.Body.Contains("\"one\"", StringComparison.Ordinal)).ShouldBe(3);
        (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Guardrail).ShouldAllBe(span => span.Version == GatewayHost.Version);
    }

    [Fact]
    public async Task Post_GuardrailWithConditions_LooksOnlyAtItsCalls()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "launch")));
        await using var host = await StartAsync(server, "guardrails: [ { pattern: launch, action: block, when: { call_site: public } } ]");
        var body = Request(WireFormats.OpenAiChat, "a", false);
        (await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), body, "authorization")).Status.ShouldBe(200);
        (await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), body, "authorization", ("x-espalier-call-site", "public"))).Status.ShouldBe(400);
    }

    [Theory]
    [InlineData("guardrails: [ { action: block } ]", "of no kind")]
    [InlineData("guardrails: [ { pii: all, tools: [a], action: block } ]", "'guardrails[0].tools' stands beside 'pii'")]
    [InlineData("guardrails: [ { pii: [emial], action: block } ]", "Did you mean 'email'")]
    [InlineData("guardrails: [ { pii: all } ]", "'guardrails[0].action' is missing")]
    [InlineData("guardrails: [ { pii: all, action: hide } ]", "block, redact or flag")]
    [InlineData("guardrails: [ { pii: all, action: flag }, { pii: all, action: flag } ]", "as another guardrail's is")]
    [InlineData("guardrails: [ { pattern: '(', action: flag } ]", "no regular expression")]
    [InlineData("guardrails: [ { tools: [a], action: redact } ]", "finds no text that could be taken out")]
    [InlineData("guardrails: [ { tools: [a], action: block, stage: input } ]", "looks at what models answer")]
    [InlineData("guardrails: [ { schema: a.json, action: block } ]", "'a.json', which the version does not have")]
    [InlineData("guardrails: [ { approval: { tools: [a] }, action: flag } ]", "always held")]
    [InlineData("guardrails: [ { approval: { tools: [a], valid: 1s } } ]", "from 1m to 30d")]
    [InlineData("guardrails: [ { approval: { tools: [a] }, stream: audit } ]", "holds nothing")]
    [InlineData("guardrails: [ { pii: all, action: block, window: 10 } ]", "stream is not window")]
    [InlineData("guardrails: [ { pii: all, action: block, stream: window, window: 0 } ]", "from 1 to 16384")]
    [InlineData("guardrails: [ { pii: all, action: block, stage: output, roles: [user] } ]", "does not look at input")]
    [InlineData("guardrails: [ { pii: all, action: block, rolls: [user] } ]", "Did you mean 'roles'")]
    [InlineData("guards: []", "Did you mean 'guardrails'")]
    public async Task Post_BadGuardrails_AreRefusedWithFileLineWhatAndFix(string file, string said)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await StartAsync(server, file);
        var answer = await host.PostAsync(host.BeginUnlimited(), Request(WireFormats.OpenAiChat, "a", false));
        (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((400, "policy_invalid"));
        answer.Error.GetProperty("message").GetString()!.ShouldStartWith("guardrails.yaml, line 1: ");
        answer.Error.GetProperty("message").GetString()!.ShouldContain(said);
        server.Requests.ShouldBeEmpty("a call that cannot be guarded is not made");
    }

    private static Task<GatewayHost> StartAsync(FakeModelServer server, string guardrails, params (string Path, string Text)[] files) =>
        GatewayHost.StartAsync(server, options => options.OpenAi.Responses = false, [("guardrails.yaml", guardrails), .. files]);

    private static string Request(string format, string text, bool stream) => Encoding.UTF8.GetString(WireFormats.All[format].WriteRequest(
        new NeutralRequest { Model = "gpt-x", Stream = stream, Turns = [new Turn(TurnRole.User, [new Part.Text(text)])], MaxTokens = 500 }, new Dropped()).Span);

    private static Task<Answer> PostAsync(GatewayHost host, string format, string body, bool stream, string? token = null) => host.PostAsync(
        format switch
        {
            WireFormats.OpenAiChat => "/v1/chat/completions",
            WireFormats.OpenAiResponses => "/v1/responses",
            WireFormats.Anthropic => "/v1/messages",
            _ => stream ? "/v1beta/models/gpt-x:streamGenerateContent?alt=sse" : "/v1beta/models/gpt-x:generateContent",
        },
        token ?? host.BeginUnlimited(), body);

    private static IEnumerable<NeutralEvent> Events(string format, string body)
    {
        var reader = WireFormats.All[format].NewEventReader();
        foreach (var block in body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var data = string.Join('\n', block.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..]));
            if (data.Length == 0 || (data != "[DONE]" && !IsJson(data))) continue;
            foreach (var told in reader.Read(new Espalier.Gateway.Formats.Events.StreamEvent(Encoding.UTF8.GetBytes(data), default))) yield return told;
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var _ = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Said(string format, string body) => string.Concat(Events(format, body).OfType<NeutralEvent.Delta>().Select(delta => delta.Text));

    private static JsonElement Arguments(string format, string body, bool stream) => JsonDocument.Parse(stream
        ? Said(format, body) : WireFormats.All[format].ReadReply(Encoding.UTF8.GetBytes(body)).Answers[0].Parts.OfType<Part.Call>().Single().Arguments).RootElement;

    private static int Occurrences(string text, string of) => (text.Length - text.Replace(of, "", StringComparison.Ordinal).Length) / of.Length;
}
