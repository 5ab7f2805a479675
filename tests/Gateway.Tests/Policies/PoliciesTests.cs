using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Policies;

public sealed class PoliciesTests
{
    private const string Slots = "slots: { triage: { model: local/char-nn, temperature: 0, max_tokens: 2 } }";
    private const string Query = "the blue tent leaks";

    [Fact]
    public async Task Post_SlotName_GetsTheSlotsModelAndParameters()
    {
        await using var host = await GatewayHost.StartAsync(files: ("models.yaml", Slots));
        var answer = await host.PostAsync(host.Begin(), Prompts.Chat("triage", "my parcel has not arrived", more: ",\"max_completion_tokens\":50"));
        answer.Content.ShouldBe("delivery");
        answer.Json.GetProperty("model").GetString().ShouldBe("local/char-nn");
        (await host.PostAsync(host.Begin(), Prompts.Chat("local/word-nn", "my parcel has not arrived"))).Content.ShouldBe("delivery_late");
        var spans = await host.SpansAsync();
        spans.Count(span => span.Kind == SpanKind.Model && span.ModelRequested == "triage" && span.Model == "local/char-nn").ShouldBe(1);
        host.Repository.Reads.ShouldBe(1, "a version is compiled once");
    }

    [Theory]
    [InlineData("0.01", 1, "local/word-nn")]
    [InlineData("1", 2, "local/char-nn")]
    public async Task Post_Cascade_AsksTheNextModelBelowTheThresholdAndBillsEveryStep(string below, int steps, string answeredBy)
    {
        await using var host = await GatewayHost.StartAsync(
            null,
            ("models.yaml", "slots: { triage: { model: local/char-nn } }"),
            ("router.yaml", $"routes: {{ triage: {{ cascade: [ {{ model: local/word-nn, below: {below} }}, {{ model: local/char-nn }} ] }} }}"));
        var token = host.Begin();
        var answer = await host.PostAsync(token, Prompts.Chat("triage", "money for the parcel"));
        answer.Json.GetProperty("choices")[0].GetProperty("logprobs").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null, "the agent did not ask for them");
        answer.Json.GetProperty("model").GetString().ShouldBe(answeredBy);
        var measure = await host.EndAsync(token);
        (measure.Usage.Calls, measure.Usage.Attempts).ShouldBe((1, steps));
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(steps);
        attempts.ShouldAllBe(span => span.Role == AttemptRole.Cascade && span.Cost!.Value.Nano > 0);
        attempts[0].Confidence!.Value.ShouldBeInRange(0.3, 0.999);
        measure.Usage.Cost!.Value.Nano.ShouldBe(attempts.Sum(span => span.Cost!.Value.Nano));
    }

    [Fact]
    public async Task Post_RetrievalMemory_ShowsTheNearestCasesMostSimilarLastAndNotItsOwnGroup()
    {
        await using var host = await GatewayHost.StartAsync(
            null, ("models.yaml", "slots: { triage: { model: local/char-nn } }"), ("memory.yaml", "retrieval: { source: rev_a, k: 2, slot: triage }"));
        host.Memory.Put(
            "rev_a",
            ("blue tent leaks badly", "refund", "own"),
            ("The BLUE tent leaks!", "refund", "other"),
            ("a tent that leaks", "change_address", "c"),
            ("the tent is leaking blue water", "change_address", "d"),
            ("stove is cold", "delivery_late", "e"));
        var answer = await host.PostAsync(host.Begin(GatewayHost.Context(excludedGroup: "own")), Prompts.Chat("triage", Query));
        answer.Content.ShouldBe("change_address");
        var sent = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Input.ShouldNotBeNull();
        sent.ShouldNotContain("badly", Shouldly.Case.Sensitive, "the case's own conversation must not answer it");
        sent.ShouldNotContain("BLUE", Shouldly.Case.Sensitive, "the same request must not answer itself");
        sent.ShouldNotContain("stove");
        sent.IndexOf("a tent that leaks", StringComparison.Ordinal).ShouldNotBe(-1);
        sent.IndexOf("leaking blue water", StringComparison.Ordinal).ShouldNotBe(-1);

        // Another slot, or a model by its own name, is left alone.
        await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", Query));
        (await host.SpansAsync()).Count(span => span.Kind == SpanKind.Attempt && span.Input is null).ShouldBe(1);
        host.Memory.Reads.ShouldBe(1, "the index of a revision is built once");
    }

    [Fact]
    public async Task Post_RetrievalWithoutSystemMessage_AddsOne()
    {
        await using var host = await GatewayHost.StartAsync(files: ("memory.yaml", "retrieval: { source: rev_a, k: 1 }"));
        host.Memory.Put("rev_a", ("a tent that leaks", "broken", "c"));
        (await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", Query, system: null))).Content.ShouldBe("broken");
    }

    [Fact]
    public async Task Post_HistoryPolicy_KeepsInstructionsAndTheLastTurns()
    {
        await using var host = await GatewayHost.StartAsync(files: ("memory.yaml", "history: { keep_last: 2 }"));
        await host.PostAsync(host.Begin(), """
            {"model":"local/char-nn","messages":[{"role":"system","content":"- a"},{"role":"user","content":"one"},{"role":"assistant","content":"a"},
             {"role":"user","content":"two"},{"role":"assistant","content":null},{"role":"tool","content":"t"},{"role":"user","content":"three"}]}
            """);
        var sent = (await host.SpansAsync()).Single(span => span.Kind == SpanKind.Attempt).Input.ShouldNotBeNull();
        sent.ShouldStartWith("""[{"role":"system","content":"- a"},{"role":"user","content":"two"}""");
        sent.ShouldEndWith("""{"role":"tool","content":"t"},{"role":"user","content":"three"}]""");
    }

    [Theory]
    [InlineData("models.yaml", "slots: { triage: { model: gpt-9 } }", "gpt-9")]
    [InlineData("models.yaml", "slots: { triage: { mode: local/char-nn } }", "model")]
    [InlineData("models.yaml", "slots: { triage: { model: local/char-nn, temprature: 0 } }", "Did you mean 'temperature'")]
    [InlineData("models.yaml", "slots: { triage: { model: local/char-nn, temperature: 9 } }", "from 0 to 2")]
    [InlineData("models.yaml", "slots: { triage: { model: local/char-nn, max_tokens: 5, max_completion_tokens: 5 } }", "Keep one")]
    [InlineData("models.yaml", "slots: { triage: &a { model: local/char-nn }, b: *a }", "anchor")]
    [InlineData("models.yaml", "slots: { triage: !x { model: local/char-nn } }", "tag")]
    [InlineData("models.yaml", "slots: [", "not valid YAML")]
    [InlineData("models.yaml", "slot: {}", "Did you mean 'slots'")]
    [InlineData("router.yaml", "routes: { other: { cascade: [ { model: local/word-nn, below: 0.5 }, { model: local/char-nn } ] } }", "Slots: triage")]
    [InlineData("router.yaml", "routes: { triage: { cascade: [ { model: local/word-nn } ] } }", "2 to 5")]
    [InlineData("router.yaml", "routes: { triage: { cascade: [ { model: local/word-nn }, { model: local/char-nn } ] } }", "below")]
    [InlineData("router.yaml", "routes: { triage: { cascade: [ { model: local/word-nn, below: 7 }, { model: local/char-nn } ] } }", "at most 1")]
    [InlineData("memory.yaml", "retrieval: { k: 8 }", "source")]
    [InlineData("memory.yaml", "retrieval: { source: rev_a, k: 0 }", "from 1 to 64")]
    [InlineData("memory.yaml", "retrieval: { source: abc }", "rev_")]
    [InlineData("memory.yaml", "retrieval: { source: rev_a, slot: triag }", "Did you mean 'triage'")]
    [InlineData("memory.yaml", "history: { keep: 3 }", "keep_last")]
    public async Task Post_BadPolicyFile_IsA400WithFileKeyAndFixAndTheCheckSaysTheSame(string file, string text, string said)
    {
        (string, string)[] files = file == "models.yaml" ? [(file, text)] : [("models.yaml", Slots), (file, text)];
        await using var host = await GatewayHost.StartAsync(null, files);
        var token = host.Begin();
        var answer = await host.PostAsync(token, Prompts.Chat("local/char-nn", "x"));
        answer.Status.ShouldBe(400);
        answer.Error.GetProperty("code").GetString().ShouldBe("policy_invalid");
        var message = answer.Error.GetProperty("message").GetString()!;
        message.ShouldContain(said);
        message.ShouldContain(file);
        var measure = await host.EndAsync(token);
        measure.Refusal.ShouldBe(message);
        measure.RefusedByBudget.ShouldBeFalse();
        var problem = (await host.Services.GetRequiredService<PolicyCheck>().CheckAsync(GatewayHost.Agent, GatewayHost.Version, GatewayHost.Cancellation)).ShouldHaveSingleItem();
        $"{problem.What} {problem.Fix}".ShouldBe(message);
        problem.File.ShouldBe(file);
    }

    [Fact]
    public async Task Check_GoodAbsentAndEmptyFiles_HaveNoProblems()
    {
        await using var host = await GatewayHost.StartAsync(null, ("models.yaml", Slots), ("memory.yaml", "# nothing yet\n"));
        var check = host.Services.GetRequiredService<PolicyCheck>();
        (await check.CheckAsync(GatewayHost.Agent, GatewayHost.Version, GatewayHost.Cancellation)).ShouldBeEmpty();
        check.Check(new Dictionary<string, byte[]>()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_RevisionWithoutCases_IsRefusedAndWorksOnceItIsThere()
    {
        await using var host = await GatewayHost.StartAsync(files: ("memory.yaml", "retrieval: { source: rev_later }"));
        var refused = await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", Query));
        (refused.Status, refused.Body.Contains("rev_later", StringComparison.Ordinal)).ShouldBe((400, true));
        host.Memory.Put("rev_later", ("a tent", "refund", "g"));
        (await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", Query))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Post_TwoVersions_EachGetsItsOwnPolicies()
    {
        await using var host = await GatewayHost.StartAsync(files: ("models.yaml", Slots));
        var other = new VersionId("2222222222222222222222222222222222222222");
        host.Repository.Put(other, ("models.yaml", "slots: { triage: { model: local/word-nn } }"));
        await host.PostAsync(host.Begin(), Prompts.Chat("triage", "x"));
        var answer = await host.PostAsync(host.Begin(GatewayHost.Context(version: other)), Prompts.Chat("triage", "x"));
        answer.Json.GetProperty("model").GetString().ShouldBe("local/word-nn");
    }
}
