using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Traces;

public sealed class ImportTests(SharedServer shared)
{
    private const string Record = """
        {"id":"imported-1","agent":"imported-desk","start":"2026-03-01T10:00:00Z","input":"write to jane@example.com","output":"refund","spans":[{"kind":"tool","tool":"lookup","output":"ok"}],"feedback":[{"name":"outcome","label":"refund"}]}
        """;

    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Import_RecordsOfAFile_AreStoredOnceRedactedAndToldApart()
    {
        for (var time = 0; time < 2; time++)
        {
            var receipt = await ImportAsync(Record, "broken");
            receipt["accepted"]!["jsonl"]!.GetValue<int>().ShouldBe(1);
            receipt["spans"]!.GetValue<int>().ShouldBe(2);
            var rejected = receipt["rejected"]!.AsArray().ShouldHaveSingleItem()!;
            (rejected["line"]!.GetValue<int>(), rejected.Text("reason").StartsWith("not JSON", StringComparison.Ordinal)).ShouldBe((2, true));
        }

        var listed = (await Server.GetAsync("/api/v1/traces?agent=imported-desk")).Items().ShouldHaveSingleItem()!;
        listed.Text("input").ShouldStartWith("write to [EMAIL:");
        var trace = await Server.GetAsync($"/api/v1/traces/{listed.Text("trace_id")}");
        trace["spans"]!.AsArray().Count.ShouldBe(2);
        trace["summary"]!["feedback"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Import_AFormatThatNobodyKnows_IsRefused() =>
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/traces/imports", """{"format":"csv","records":[]}""", 422)).Code.ShouldBe("format-unknown");

    private Task<JsonNode> ImportAsync(params string[] records)
    {
        var list = new JsonArray();
        for (var i = 0; i < records.Length; i++) list.Add(new JsonObject { ["line"] = i + 1, ["content"] = records[i] });
        return Server.PostAsync("/api/v1/traces/imports", new JsonObject { ["records"] = list });
    }
}
