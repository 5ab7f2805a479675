using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Traces;

public sealed class TracesEndpointsTests(SharedServer shared)
{
    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Traces_OfAnAgent_ArePagedCountedAndJoinedWithLateFeedback()
    {
        using var folder = AgentFolder.WithDesk("traced-desk");
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);
        var ids = new List<string>();
        foreach (var (input, _) in DeskCases.All.Take(5))
            ids.Add((await Server.PostAsync("/agents/traced-desk/invoke", new JsonObject { ["input"] = input })).Text("trace_id"));

        var first = await Server.GetAsync("/api/v1/traces?agent=traced-desk&limit=2");
        var second = await Server.GetAsync($"/api/v1/traces?agent=traced-desk&limit=2&cursor={Uri.EscapeDataString(first.Text("next_cursor"))}");
        var third = await Server.GetAsync($"/api/v1/traces?agent=traced-desk&limit=2&cursor={Uri.EscapeDataString(second.Text("next_cursor"))}");
        string[] listed = [.. first.Items().Concat(second.Items()).Concat(third.Items()).Select(trace => trace.Text("trace_id"))];
        listed.ShouldBe(Enumerable.Reverse(ids), "newest first, each once");
        third.AsObject().ContainsKey("next_cursor").ShouldBeFalse();

        var totals = await Server.GetAsync("/api/v1/traces/totals?agent=traced-desk&purpose=production");
        ((long)totals["traces"]!).ShouldBe(5);
        ((long)totals["attempts"]!).ShouldBe(5);
        ((long)totals["cost"]!["nano_usd"]!).ShouldBeGreaterThan(0);
        ((long)(await Server.GetAsync("/api/v1/traces/totals?agent=traced-desk&has_error=true"))["traces"]!).ShouldBe(0);

        await FeedbackAsync(ids[0], "wrong");
        await FeedbackAsync(ids[0], "billing");
        var feedback = (await Server.GetAsync($"/api/v1/traces/{ids[0]}"))["summary"]!["feedback"]!.AsArray();
        feedback.Count.ShouldBe(1, "a second word of the same source replaces the first");
        feedback[0]!.Text("label").ShouldBe("billing");
        await Server.PostAsync("/api/v1/feedback", $$"""{"items":[{"trace_id":"{{ids[1]}}","name":"thumbs","value":1}]}""");
        (await Server.GetAsync($"/api/v1/traces/{ids[1]}"))["summary"]!["feedback"]![0]!.Text("source").ShouldBe("user", "what is not said takes its default");
    }

    [Theory]
    [InlineData("/api/v1/traces/nonsense", 422, "trace-id-not-valid")]
    [InlineData("/api/v1/traces/00000000000000000000000000000001", 404, "trace-not-found")]
    public async Task Find_OfNoTrace_SaysSo(string path, int status, string code) =>
        (await Server.RefusedAsync(HttpMethod.Get, path, null, status)).Code.ShouldBe(code);

    [Theory]
    [InlineData("0", 1)]
    [InlineData("-5", 1)]
    [InlineData("100000", 1000)]
    public async Task List_WithALimitOutOfRange_TakesTheNearest(string limit, int most) =>
        (await Server.GetAsync($"/api/v1/traces?limit={limit}")).Items().Count.ShouldBeLessThanOrEqualTo(most);

    [Theory]
    [InlineData("""{"items":[{"trace_id":"x","name":"outcome","label":"a"}]}""", "Item 0")]
    [InlineData("""{"items":[{"trace_id":"00000000000000000000000000000001","name":"","label":"a"}]}""", "Item 0")]
    [InlineData("""{"items":[{"trace_id":"00000000000000000000000000000001","name":"outcome"}]}""", "says nothing")]
    public async Task Feedback_ThatSaysNothingOfNothing_IsRefused(string body, string words)
    {
        var (code, said) = await Server.RefusedAsync(HttpMethod.Post, "/api/v1/feedback", body, 422);

        code.ShouldBe("feedback-not-valid");
        said.ShouldContain(words);
    }

    [Fact]
    public async Task Feedback_InTooLargeABatch_IsRefusedWhole()
    {
        var item = """{"trace_id":"00000000000000000000000000000001","name":"thumbs","value":1}""";
        var body = $$"""{"items":[{{string.Join(',', Enumerable.Repeat(item, 10_001))}}]}""";

        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/feedback", body, 422)).Code.ShouldBe("batch-too-large");
    }

    private Task<JsonNode> FeedbackAsync(string trace, string label) => Server.PostAsync(
        "/api/v1/feedback",
        new JsonObject { ["items"] = new JsonArray(new JsonObject { ["trace_id"] = trace, ["name"] = "outcome", ["source"] = "system", ["label"] = label }) });
}
