using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Policies;

public sealed class RoutesTests
{
    private const string Tool = ""","tools":[{"type":"function","function":{"name":"refund","parameters":{"type":"object","properties":{"order":{"type":"string"}},"required":["order"]}}}]""";

    [Theory]
    [InlineData("prompt_tokens: { min: 100 }", "long", "")]
    [InlineData("prompt_tokens: { max: 10 }", "short", "")]
    [InlineData("tools: { min: 1 }", "short", Tool)]
    [InlineData("has_tool: ref*", "short", Tool)]
    [InlineData("turn: { min: 2 }", "turns", "")]
    [InlineData("has_images: true", "image", "")]
    [InlineData("stream: false", "short", "")]
    [InlineData("tags: [vip]", "short", "", "x-espalier-tags", "beta, vip")]
    [InlineData("metadata: { plan: [gold, silver] }", "short", ""","metadata":{"plan":"gold"}""")]
    [InlineData("metadata: { plan: gold }", "short", "", "x-espalier-metadata", "region=eu,plan=gold")]
    [InlineData("message_matches: '(?i)^HELLO'", "short", "")]
    [InlineData("requested: gpt-*", "short", "")]
    [InlineData("call_site: checkout", "short", "", "x-espalier-call-site", "checkout")]
    [InlineData("any: [ { tags: [none] }, { not: { turn: { min: 2 } } } ]", "short", "")]
    public async Task Post_Rule_HoldsForCallsWithTheFeatureAndForNoOthers(string condition, string prompt, string more, string header = "x-none", string value = "x")
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        var router = $"default: {{ rules: [ {{ name: special, when: {{ {condition} }}, model: gpt-special }}, {{ model: gpt-usual }} ] }}";
        await using var host = await GatewayHost.StartAsync(server, null, ("router.yaml", router));
        (await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), Body(prompt, more), "authorization", (header, value))).Json.GetProperty("model").GetString().ShouldBe("gpt-special");
        // A call that lacks all of these features, and streams, goes the usual way.
        var other = """{"model":"other","stream":true,"messages":[{"role":"user","content":"a longer message of eleven words, to be above ten tokens by far"},{"role":"assistant","content":"x"},{"role":"user","content":"and"}]}""";
        if (condition is not "turn: { min: 2 }")
            (await host.PostAsync("/v1/chat/completions", host.BeginUnlimited(), other, "authorization")).Body.ShouldContain("gpt-usual");
        (await host.SpansAsync()).First(span => span.Kind == SpanKind.Model).Attributes["route.rule"].ShouldBe("special");
    }

    [Fact]
    public async Task Post_Weights_StickToTheRunAndTellEveryArmWithItsProbability()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(
            server, null, ("router.yaml", "default: { weights: { salt: s, arms: [ { weight: 3, model: gpt-a }, { name: b, weight: 1, model: gpt-b } ] } }"));
        var seen = new HashSet<string>();
        for (var i = 0; i < 24; i++)
        {
            var token = host.BeginUnlimited();
            var models = new HashSet<string>();
            for (var call = 0; call < 3; call++) models.Add((await host.PostAsync(token, Body("short", ""))).Json.GetProperty("model").GetString()!);
            models.Count.ShouldBe(1, "a run keeps its arm");
            seen.UnionWith(models);
        }

        // 24 runs at 3 to 1: one arm alone has a chance of 0.1%, and the runs' ids are counted, not drawn.
        seen.Count.ShouldBe(2);
        foreach (var span in (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Model))
        {
            var arm = span.Model == "gpt-a" ? "gpt-a" : "b";
            span.Attributes["route.arm"].ShouldBe(arm);
            span.Attributes["route.probability"].ShouldBe(arm == "b" ? "0.25" : "0.75");
            var decision = JsonDocument.Parse(span.Attributes["route.decisions"]).RootElement[0];
            (decision.GetProperty("at").GetString(), decision.GetProperty("unit").GetString()).ShouldBe(("default", "run"));
            decision.GetProperty("arms").EnumerateArray().Sum(one => one.GetProperty("probability").GetDouble()).ShouldBe(1.0, 1e-12);
            span.Attributes["route.arms"].ShouldBe("""[{"arm":"gpt-a","probability":0.75},{"arm":"b","probability":0.25}]""");
        }
    }

    [Fact]
    public async Task Post_WeightsInsideWeights_TellTheChanceOfTheWholeWay()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("router.yaml", """
            default:
              weights:
                arms:
                  - { weight: 0, model: gpt-never }
                  - weight: 1
                    name: inner
                    weights: { sticky: call, arms: [ { weight: 1, model: gpt-a }, { weight: 3, model: gpt-b } ] }
            """));
        var model = (await host.PostAsync(host.BeginUnlimited(), Body("short", ""))).Json.GetProperty("model").GetString();
        var span = (await host.SpansAsync()).Single(one => one.Kind == SpanKind.Model);
        span.Attributes["route.probability"].ShouldBe(model == "gpt-a" ? "0.25" : "0.75");
        JsonDocument.Parse(span.Attributes["route.decisions"]).RootElement.EnumerateArray().Select(one => one.GetProperty("at").GetString()).ShouldBe(["default", "default.inner"]);
    }

    [Theory]
    [InlineData("check: { json: true }", "not json", "{\"a\":1}")]
    [InlineData("check: { pattern: '^(yes|no)$' }", "maybe", "yes")]
    [InlineData("check: { schema: schemas/answer.json }", "{\"label\":5}", "{\"label\":\"x\"}")]
    [InlineData("below: 0.5", "low", "high")]
    [InlineData("judge: { model: gpt-judge, below: 0.6 }", "bad", "good")]
    public async Task Post_CascadeStep_AsksTheNextModelOnlyWhenTheAnswerIsNotGoodEnough(string step, string bad, string good)
    {
        foreach (var (first, answeredBy) in ((string, string)[])[(bad, "gpt-dear"), (good, "gpt-cheap")])
        {
            await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => request.GetProperty("model").GetString() switch
            {
                "gpt-cheap" => ChatReplies.Text(request, first, first == "low" ? -2 : -0.1),
                "gpt-judge" => ChatReplies.Text(request, request.GetProperty("messages")[1].GetProperty("content").GetString()!.Contains("<answer>\ngood") ? "{\"rating\": 0.9}" : "{\"rating\": 0.2}"),
                _ => ChatReplies.Text(request, "from the dear one"),
            }));
            await using var host = await GatewayHost.StartAsync(
                server, null, ("router.yaml", $"default: {{ cascade: [ {{ model: gpt-cheap, {step} }}, {{ model: gpt-dear }} ] }}"),
                ("schemas/answer.json", """{"type":"object","properties":{"label":{"type":"string"}},"required":["label"],"additionalProperties":false}"""));
            foreach (var more in (string[])["", ",\"stream\":true"])
            {
                var token = host.BeginUnlimited();
                var answer = await host.PostAsync(token, Body("short", more));
                answer.Status.ShouldBe(200);
                if (more.Length == 0) answer.Json.GetProperty("model").GetString().ShouldBe(answeredBy);
                else string.Concat(ChatReplies.Deltas(answer.Body)).ShouldBe(answeredBy == "gpt-dear" ? "from the dear one" : first);
                var measure = await host.EndAsync(token);
                var judged = step.StartsWith("judge", StringComparison.Ordinal) ? 1 : 0;
                (measure.Usage.Calls, measure.Usage.Attempts).ShouldBe((1, (answeredBy == "gpt-dear" ? 2 : 1) + judged), "every step and every judgement is an attempt");
            }

            var spans = await host.SpansAsync();
            var model = spans.First(span => span.Kind == SpanKind.Model);
            model.Attributes.ContainsKey("route.escalation.1").ShouldBe(answeredBy == "gpt-dear");
            if (step.StartsWith("judge", StringComparison.Ordinal)) spans.Count(span => span.Role == AttemptRole.Judge && span.Model == "gpt-judge").ShouldBe(2);
        }
    }

    [Fact]
    public async Task Post_CascadeOnToolCalls_EscalatesOnArgumentsThatBreakTheToolsSchema()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            ChatReplies.Call(request, "refund", request.GetProperty("model").GetString() == "gpt-cheap" ? """{"order":7}""" : """{"order":"A7"}""")));
        await using var host = await GatewayHost.StartAsync(
            server, null, ("router.yaml", "default: { cascade: [ { model: gpt-cheap, check: { tool_calls: true } }, { model: gpt-dear } ] }"));
        (await host.PostAsync(host.BeginUnlimited(), Body("short", Tool))).Json.GetProperty("model").GetString().ShouldBe("gpt-dear");
        (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Model).Attributes["route.escalation.1"].ShouldBe("tool_calls: arguments of 'refund': /order is no string");
    }

    [Theory]
    [InlineData("majority", "parallel", "", "Yes.", 5)]
    [InlineData("majority", "sequence", "", "Yes.", 5)]
    [InlineData("validator", "sequence", ", check: { pattern: '^yes$' }", "yes", 3)]
    [InlineData("validator", "parallel", ", check: { pattern: '^yes$' }", "yes", 5)]
    [InlineData("log_prob", "sequence", "", "maybe", 5)]
    [InlineData("judge", "parallel", ", judge: { model: gpt-judge }", "never", 5)]
    public async Task Post_BestOfN_ShowsTheChosenAnswerAndBillsEverySample(string select, string run, string more, string expected, int samples)
    {
        (string Text, double Logprob)[] script = [("no", -1), ("Yes.", -0.9), ("yes", -0.8), ("maybe", -0.1), ("never", -3)];
        var next = -1;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
        {
            if (request.GetProperty("model").GetString() == "gpt-judge")
                return ChatReplies.Text(request, request.GetProperty("messages")[1].GetProperty("content").GetString()!.Contains("<answer>\nnever") ? "1" : "{\"rating\":0.5}");
            request.GetProperty("temperature").GetDouble().ShouldBe(0.8);
            var (text, logprob) = script[Interlocked.Increment(ref next) % script.Length];
            return ChatReplies.Text(request, text, logprob);
        }));
        await using var host = await GatewayHost.StartAsync(
            server, null, ("router.yaml", $"default: {{ best_of_n: {{ model: gpt-a, n: 5, run: {run}, select: {select}, temperature: 0.8{more} }} }}"));
        foreach (var streams in (bool[])[false, true])
        {
            next = -1;
            var token = host.Begin(GatewayHost.Context(new Usd(long.MaxValue)));
            var answer = await host.PostAsync(token, Body("short", streams ? ",\"stream\":true" : ""));
            var said = streams ? string.Concat(ChatReplies.Deltas(answer.Body)) : answer.Content;
            // Side by side nobody knows which of two equal answers came first.
            (run == "parallel" ? said.Trim('.').ToLowerInvariant() : said).ShouldBe(run == "parallel" ? expected.Trim('.').ToLowerInvariant() : expected);
            (await host.EndAsync(token)).Usage.Attempts.ShouldBe(samples + (select == "judge" ? 5 : 0));
        }

        var attempts = (await host.SpansAsync()).Where(span => span.Role == AttemptRole.Sample).ToList();
        attempts.Count.ShouldBe(2 * samples);
        attempts.ShouldAllBe(span => span.Usage!.InputUncached == 10);
    }

    [Fact]
    public async Task Post_BestOfN_LeavesOutSamplesThatFailedAndFailsWhenAllDid()
    {
        var next = 0;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            Interlocked.Increment(ref next) is 2 ? ChatReplies.Text(request, "the one") : FakeModelServer.Json(500, """{"error":{"message":"down"}}""")));
        await using var host = await GatewayHost.StartAsync(server, null, ("router.yaml", "default: { best_of_n: { model: gpt-a, n: 3, select: majority } }"));
        (await host.PostAsync(host.BeginUnlimited(), Body("short", ""))).Content.ShouldBe("the one");
        var failed = await host.PostAsync(host.BeginUnlimited(), Body("short", ""));
        failed.Status.ShouldBe(500);
        (await host.SpansAsync()).Count(span => span.Role == AttemptRole.Sample).ShouldBe(6);
    }

    [Fact]
    public async Task Post_CallSite_IsRoutedByHeaderAndByFingerprintAndTheValuesOfATemplateDoNotChangeIt()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server);
        foreach (var (day, user) in ((string, string)[])[("12 March 2026", "Ann O'Hara"), ("3 May 2026", "Bo")])
            await host.PostAsync(host.BeginUnlimited(), Prompts.Chat("gpt-x", "hi", $"Today is {day}. Order 8{user.Length}-A. The customer \"{user}\" writes. Summarise it."));
        var sites = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Model).Select(span => span.Attributes["call_site"]).Distinct().ToList();
        var site = sites.ShouldHaveSingleItem();
        site.ShouldMatch("^cs_[0-9a-f]{12}$");

        var version = new Espalier.Contracts.Agents.VersionId("3333333333333333333333333333333333333333");
        host.Repository.Put(version, ("router.yaml", $"call_sites: {{ {site}: {{ model: gpt-summary }}, checkout: {{ model: gpt-checkout }} }}"));
        string Begin() => host.Begin(GatewayHost.Context(new Usd(long.MaxValue), version: version));
        var body = Prompts.Chat("gpt-x", "hi", "Today is 1 June 2027. Order 9-B. The customer \"Cy Young\" writes. Summarise it.");
        (await host.PostAsync(Begin(), body)).Json.GetProperty("model").GetString().ShouldBe("gpt-summary");
        (await host.PostAsync("/v1/chat/completions", Begin(), body, "authorization", ("x-espalier-call-site", "checkout"))).Json.GetProperty("model").GetString().ShouldBe("gpt-checkout");
        (await host.PostAsync(Begin(), Prompts.Chat("gpt-x", "hi", "Translate it."))).Json.GetProperty("model").GetString().ShouldBe("gpt-x");
        var named = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Model && span.Model == "gpt-checkout");
        (named.Attributes["call_site"], named.Attributes["call_site.fingerprint"]).ShouldBe(("checkout", site[3..]));
    }

    [Theory]
    [InlineData("default: { modle: gpt-a }", "'default.modle' is no route")]
    [InlineData("default: { model: gpt-a, cascade: [] }", "'default.cascade' stands beside 'model'")]
    [InlineData("default: { model: gpt-a, note: 1 }", "line 1: 'default.note' is not a known key")]
    [InlineData("default: { rules: [ { when: { tags: [a] }, model: gpt-a } ] }", "Add a last rule without 'when'")]
    [InlineData("default: { rules: [ { model: gpt-a }, { model: gpt-b } ] }", "rule 1 without 'when'")]
    [InlineData("default: { rules: [ { when: { turns: { min: 1 } }, model: gpt-a }, { model: gpt-b } ] }", "Did you mean 'turn'")]
    [InlineData("default: { rules: [ { when: { turn: { min: 3, max: 1 } }, model: gpt-a }, { model: gpt-b } ] }", "min 3 above max 1")]
    [InlineData("default: { rules: [ { when: { message_matches: '(a' }, model: gpt-a }, { model: gpt-b } ] }", "no regular expression")]
    [InlineData("default: { rules: [ { when: { message_matches: '(?=a)' }, model: gpt-a }, { model: gpt-b } ] }", "linear time")]
    [InlineData("default: { weights: { arms: [ { weight: 1, model: gpt-a } ] } }", "Write 2 to 20")]
    [InlineData("default: { weights: { arms: [ { weight: 1, model: gpt-a }, { model: gpt-b } ] } }", "arms[1].weight' is missing")]
    [InlineData("default: { weights: { arms: [ { weight: 1, model: gpt-a }, { weight: 2, model: gpt-a } ] } }", "two arms named 'gpt-a'")]
    [InlineData("default: { weights: { sticky: day, arms: [ { weight: 1, model: gpt-a }, { weight: 2, model: gpt-b } ] } }", "run, conversation, user or call")]
    [InlineData("default: { best_of_n: { model: gpt-a, n: 1, select: majority } }", "from 2 to 16")]
    [InlineData("default: { best_of_n: { model: gpt-a, n: 3 } }", "'default.best_of_n.select' is missing")]
    [InlineData("default: { best_of_n: { model: gpt-a, n: 3, select: validator } }", "there is no 'check'")]
    [InlineData("default: { best_of_n: { model: gpt-a, n: 3, select: judge } }", "there is no 'judge'")]
    [InlineData("default: { cascade: [ { model: gpt-a, check: { schema: no.json } }, { model: gpt-b } ] }", "'no.json', which the version does not have")]
    [InlineData("default: { cascade: [ { model: gpt-a, check: { schema: bad.json } }, { model: gpt-b } ] }", "the keyword 'mximum' is not known")]
    [InlineData("default: { cascade: [ { model: gpt-a, judge: { model: gpt-b, below: 2 } }, { model: gpt-b } ] }", "from 0 to 1")]
    [InlineData("default: { cascade: [ { model: gpt-a, below: 0.5 }, { model: gpt-b, check: { json: true } } ] }", "set on the last step")]
    public async Task Post_BadRouter_IsRefusedWithFileLineWhatAndFix(string router, string said)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("router.yaml", router), ("bad.json", """{"type":"number","mximum":3}"""));
        var answer = await host.PostAsync(host.BeginUnlimited(), Body("short", ""));
        (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((400, "policy_invalid"));
        var message = answer.Error.GetProperty("message").GetString()!;
        message.ShouldStartWith("router.yaml, line 1: ");
        message.ShouldContain(said);
    }

    private static string Body(string prompt, string more) => prompt switch
    {
        "long" => Prompts.Chat("gpt-x", new string('a', 400), null, more),
        "turns" => $$"""{"model":"gpt-x","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]{{more}}}""",
        "image" => """{"model":"gpt-x","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]""" + more + "}",
        _ => $$"""{"model":"gpt-x","messages":[{"role":"user","content":"hello"}]{{more}}}""",
    };
}
