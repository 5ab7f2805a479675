using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Policies;

public sealed class MemoryTests
{
    [Fact]
    public async Task Post_Summary_SumsUpOldTurnsInBlocksOnceAndBillsThem()
    {
        var summaries = 0;
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            ChatReplies.Text(request, request.GetProperty("model").GetString() == "gpt-sum" ? $"SUMMARY{++summaries}" : "ok")));
        await using var host = await GatewayHost.StartAsync(
            server, null, ("memory.yaml", "summary: { model: gpt-sum, keep_last: 2, every: 2, above_tokens: 0, max_tokens: 300 }"));
        var token = host.BeginUnlimited();
        string Main() => server.Requests.Last(request => request.Body.Contains("\"gpt-x\"", StringComparison.Ordinal)).Body;
        async Task AskAsync(int turns) => (await host.PostAsync(token, Conversation(turns))).Status.ShouldBe(200);

        await AskAsync(3);
        Main().ShouldNotContain("SUMMARY");
        await AskAsync(4);
        var first = Main();
        first.ShouldContain("user text 3");
        first.ShouldContain("SUMMARY1");
        first.ShouldNotContain("user text 2");
        first.ShouldContain("be brief");
        await AskAsync(5);
        // One more turn changes nothing before it: what the provider's cache has is still good.
        var messages = JsonDocument.Parse(first).RootElement.GetProperty("messages");
        JsonDocument.Parse(Main()).RootElement.GetProperty("messages")[1].GetRawText().ShouldBe(messages[1].GetRawText());
        summaries.ShouldBe(1);
        await AskAsync(6);
        Main().ShouldContain("SUMMARY2");
        var asked = server.Requests.Last(request => request.Body.Contains("\"gpt-sum\"", StringComparison.Ordinal)).Body;
        asked.ShouldContain("SUMMARY1", Case.Sensitive, "each block goes on from the summary before it");
        asked.ShouldContain("user text 3");
        asked.ShouldNotContain("user text 2");
        await AskAsync(6);
        summaries.ShouldBe(2, "equal beginnings are summed up once");

        var spans = await host.SpansAsync();
        spans.Count(span => span.Role == AttemptRole.Summary && span.Usage!.InputUncached == 10).ShouldBe(2);
        spans.Last(span => span.Kind == SpanKind.Model).Attributes["memory.summary_turns"].ShouldBe("4");
        (await host.EndAsync(token)).Usage.Attempts.ShouldBe(5 + 2);
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"gpt-x","max_tokens":9,"system":"be brief","messages":[{"role":"user","content":"one"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"find","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"found"},{"type":"text","text":"and?"}]},{"role":"assistant","content":"x"},{"role":"user","content":[{"type":"text","text":"two"}]}]}""")]
    [InlineData("/v1beta/models/gpt-x:generateContent", """{"contents":[{"role":"user","parts":[{"text":"one"}]},{"role":"model","parts":[{"functionCall":{"name":"find","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"find","response":{"a":"found"}}}]},{"role":"model","parts":[{"text":"x"}]},{"role":"user","parts":[{"text":"two"}]}]}""")]
    [InlineData("/v1/responses", """{"model":"gpt-x","input":[{"role":"user","content":"one"},{"type":"function_call","call_id":"c","name":"find","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"found"},{"role":"assistant","content":"x"},{"role":"user","content":"two"}]}""")]
    public async Task Post_SummaryInOtherFormats_StandsBeforeTheFirstTurnThatIsKeptAndCutsNoResultFromItsCall(string path, string body)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, request.GetProperty("model").GetString() == "gpt-sum" ? "SUMMARY" : "ok")));
        await using var host = await GatewayHost.StartAsync(
            server, options => options.OpenAi.Responses = false, ("memory.yaml", "summary: { model: gpt-sum, keep_last: 1, every: 1, above_tokens: 0 }"));
        (await host.PostAsync(path, host.BeginUnlimited(), body)).Status.ShouldBe(200);
        var summed = server.Requests.First().Body;
        summed.ShouldContain("found");
        summed.ShouldContain("one");
        var sent = server.Requests.Last().Body;
        sent.ShouldNotContain("found");
        var turns = JsonDocument.Parse(sent).RootElement.GetProperty("messages").EnumerateArray().Where(message => message.GetProperty("role").GetString() == "user").ToList();
        var said = turns.ShouldHaveSingleItem().GetProperty("content").ToString();
        said.ShouldContain("SUMMARY");
        said.IndexOf("two", StringComparison.Ordinal).ShouldBeGreaterThan(said.IndexOf("SUMMARY", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_SummaryModelThatFails_SendsAllTurnsAndSaysSo()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request =>
            request.GetProperty("model").GetString() == "gpt-sum" ? FakeModelServer.Json(500, """{"error":{"message":"down"}}""") : ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("memory.yaml", "summary: { model: gpt-sum, keep_last: 1, every: 1, above_tokens: 0 }"));
        (await host.PostAsync(host.BeginUnlimited(), Conversation(4))).Content.ShouldBe("ok");
        server.Requests.Last().Body.ShouldContain("user text 1");
        (await host.SpansAsync()).Last(span => span.Kind == SpanKind.Model).Attributes["memory.summary_failed"].ShouldContain("down");
    }

    [Fact]
    public async Task Post_HistoryInTokens_KeepsAsManyTurnsAsFitAndTheLastOneAlways()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("memory.yaml", "history: { max_tokens: 100 }"));
        await host.PostAsync(host.BeginUnlimited(), Conversation(8));
        var sent = server.Requests.Last().Body;
        sent.ShouldContain("user text 8");
        sent.ShouldContain("be brief");
        sent.ShouldNotContain("user text 1\"");
        sent.Length.ShouldBeInRange(200, 460);
        await host.PostAsync(host.BeginUnlimited(), Prompts.Chat("gpt-x", new string('a', 5000)));
        server.Requests.Last().Body.ShouldContain(new string('a', 5000));
    }

    [Fact]
    public async Task Post_CacheOrder_PutsWhatChangesBeforeTheLastTurnAndMovesNoTurn()
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("memory.yaml", "order: cache\nretrieval: { source: rev_a, k: 1, show: facts }"));
        host.Memory.Put("rev_a", ("user text about tents", "Tents are\nreplaced within 30 days.", "g"));
        await host.PostAsync(host.BeginUnlimited(), """
            {"model":"gpt-x","messages":[{"role":"system","content":"You help. Version 3."},{"role":"system","content":"It is 12:03 on 5 May 2026."},{"role":"system","content":"Be kind."},
             {"role":"user","content":"one"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c","content":"found"},{"role":"assistant","content":"x"},{"role":"user","content":"about tents"}]}
            """);
        var sent = JsonDocument.Parse(server.Requests.ShouldHaveSingleItem().Body).RootElement.GetProperty("messages").EnumerateArray()
            .Select(message => message.GetProperty("content").ToString()).ToList();
        sent.ShouldBe(["You help. Version 3.", "Be kind.", "one", "", "found", "x", "It is 12:03 on 5 May 2026.", "<facts>\n- Tents are replaced within 30 days.\n</facts>\n\nabout tents"]);
    }

    [Theory]
    [InlineData("sources: [errors]", "none")]
    [InlineData("sources: [import, errors]", "both")]
    [InlineData("references: [money_back]", "money_back")]
    [InlineData("max_tokens: 24", "money_back")]
    [InlineData("max_age: 30d", "money_back")]
    public async Task Post_RetrievalWithLimits_ShowsOnlyWhatTheyAllow(string limit, string shown)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("memory.yaml", $"retrieval: {{ source: rev_a, k: 5, {limit} }}"));
        // The nearer case is the newer one; the other was served long ago.
        host.Memory.Put("rev_a", ("the blue tent leaks a lot", "money_back", "a"), ("stoves and a tent", "advice", "b"));
        host.Memory.Date("rev_a", 1, DateTimeOffset.UnixEpoch);
        await host.PostAsync(host.BeginUnlimited(), Prompts.Chat("gpt-x", "my blue tent leaks"));
        var sent = server.Requests.ShouldHaveSingleItem().Body;
        (sent.Contains("money_back", StringComparison.Ordinal), sent.Contains("advice", StringComparison.Ordinal)).ShouldBe((shown is "both" or "money_back", shown == "both"));
        sent.Contains("<examples>", StringComparison.Ordinal).ShouldBe(shown != "none");
    }

    [Theory]
    [InlineData("history: { }", "'history.keep_last' is missing")]
    [InlineData("history: { keep_last: 2 }\nsummary: { model: gpt-x }", "stands beside 'history'")]
    [InlineData("summary: { keep_last: 2 }", "'summary.model' is missing")]
    [InlineData("summary: { model: gpt-x, every: 0 }", "from 1 to 100")]
    [InlineData("order: best", "Write cache or as_sent")]
    [InlineData("retrieval: { source: rev_a, show: all }", "Write examples or facts")]
    [InlineData("retrieval: { source: rev_a, place: end }", "Write instructions or last_message")]
    [InlineData("retrieval: { source: rev_a, max_age: soon }", "from 1h to 3650d")]
    [InlineData("retrieval: { source: rev_a, max_tokens: 1 }", "from 10 to 1000000")]
    public async Task Post_BadMemory_IsRefusedWithFileLineWhatAndFix(string memory, string said)
    {
        await using var server = await FakeModelServer.StartAsync(FakeModelServer.By(request => ChatReplies.Text(request, "ok")));
        await using var host = await GatewayHost.StartAsync(server, null, ("memory.yaml", memory));
        var answer = await host.PostAsync(host.BeginUnlimited(), Conversation(1));
        (answer.Status, answer.Error.GetProperty("code").GetString()).ShouldBe((400, "policy_invalid"));
        answer.Error.GetProperty("message").GetString()!.ShouldStartWith("memory.yaml, line ");
        answer.Error.GetProperty("message").GetString()!.ShouldContain(said);
    }

    private static string Conversation(int turns) =>
        """{"model":"gpt-x","messages":[{"role":"system","content":"be brief"}"""
        + string.Concat(Enumerable.Range(1, turns).Select(turn => $$""",{"role":"user","content":"user text {{turn}}"}{{(turn < turns ? $$""",{"role":"assistant","content":"answer {{turn}}"}""" : "")}}""")) + "]}";
}
