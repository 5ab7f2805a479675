using System.Net;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Search;

/// <summary>One agent taken round the loop by REST alone: cases, evaluation, session, frontier, release, rollback, audit, money.</summary>
public sealed class LoopEndpointsTests(SharedServer shared)
{
    private TrialServer Server => shared.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loop_ByRest_GoesRoundAndRefusesWhatIsOutOfTurn()
    {
        using var folder = AgentFolder.WithDesk("loop-desk");
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);
        var revision = await ImportAsync("loop-desk", "desk");
        await CheckDatasetAsync(revision);
        await CheckJudgingAsync();
        var session = await RunSessionAsync();
        await CheckFrontierAsync(session);
        await CheckReleasesAsync(folder);
    }

    private async Task<JsonNode> ImportAsync(string agent, string dataset)
    {
        var cases = new JsonArray();
        foreach (var (input, label) in DeskCases.All) cases.Add(new JsonObject { ["input"] = input, ["reference"] = label });
        return await Server.PostAsync("/api/v1/datasets/import", new JsonObject { ["agent"] = agent, ["dataset"] = dataset, ["cases"] = cases });
    }

    private async Task CheckDatasetAsync(JsonNode revision)
    {
        int Count(string split) => (int)revision[split]!;
        (Count("search") + Count("confirm") + Count("vault")).ShouldBeGreaterThan(24);
        (await Server.GetAsync("/api/v1/datasets?agent=loop-desk")).Items().Single().Text("id").ShouldBe(revision.Text("id"));
        (await Server.GetAsync("/api/v1/datasets/desk")).Text("id").ShouldBe(revision.Text("id"));
        (await Server.GetAsync($"/api/v1/datasets/{revision.Text("id")}")).Text("dataset").ShouldBe("desk");

        var all = (await Server.GetAsync("/api/v1/datasets/desk/cases")).Items();
        all.Count.ShouldBe(Count("search") + Count("confirm"), "the vault's cases are not shown");
        all.ShouldNotContain(one => one.Text("split") == "vault");
        var page = await Server.GetAsync("/api/v1/datasets/desk/cases?split=search&limit=3");
        page.Items().Count.ShouldBe(3);
        var rest = await Server.GetAsync($"/api/v1/datasets/desk/cases?split=search&cursor={page.Text("next_cursor")}");
        rest.Items().Count.ShouldBe(Count("search") - 3);
        (await Server.GetAsync("/api/v1/datasets/desk/cases?cursor=99999")).Items().ShouldBeEmpty();
        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/datasets/desk/cases?cursor=-1", null, 422)).Code.ShouldBe("cursor-not-valid");
        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/datasets/desk/cases?split=vault", null, 403)).Code.ShouldBe("vault-closed");
        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/datasets/dusk", null, 404)).Words.ShouldContain("desk");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/datasets/import", """{"agent":"loop-desk","dataset":"none","cases":[]}""", 422)).Code.ShouldBe("dataset-empty");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/datasets/build", """{"agent":"loop-desk","dataset":"none"}""", 422)).Code.ShouldBe("dataset-empty");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/datasets/build", """{"agent":"nobody","dataset":"none"}""", 404)).Code.ShouldBe("agent-not-found");
    }

    private async Task CheckJudgingAsync()
    {
        var evaluation = await Server.PostAsync("/api/v1/judging/evaluations", """{"agent":"loop-desk","dataset":"desk","split":"search","limit":4}""");
        evaluation["rows"]!.AsArray().Count.ShouldBe(4);
        ((double)evaluation["pass_rate"]!["value"]!).ShouldBeInRange(0, 1);
        ((long)evaluation["cost_per_request"]!["nano_usd"]!).ShouldBeGreaterThan(0);
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/judging/evaluations", """{"agent":"loop-desk","dataset":"desk","split":"vault"}""", 403)).Code.ShouldBe("vault-closed");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/judging/evaluations", """{"agent":"loop-desk","dataset":"none"}""", 404)).Code.ShouldBe("dataset-not-found");
        (await Server.RefusedAsync(
            HttpMethod.Post, "/api/v1/judging/evaluations", """{"agent":"loop-desk","dataset":"desk","split":"confirm","budget":{"nano_usd":1}}""", 402)).Code.ShouldBe("budget-spent");
    }

    private async Task<string> RunSessionAsync()
    {
        foreach (var (body, status, code) in ((string, int, string)[])[
            ("""{"agent":"nobody","dataset":"desk"}""", 404, "agent-not-found"),
            ("""{"agent":"loop-desk","dataset":"none"}""", 404, "dataset-not-found"),
            ("""{"agent":"loop-desk","dataset":"desk","budget":{"nano_usd":0}}""", 422, "budget-missing"),
            ("""{"agent":"loop-desk","dataset":"desk","models":["local/char-nm"]}""", 422, "model-unknown"),
            ("""{"agent":"loop-desk","dataset":"desk","max_rounds":0}""", 422, "value-out-of-range")])
            (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/sessions", body, status)).Code.ShouldBe(code);

        var started = await Server.PostAsync("/api/v1/sessions", """{"agent":"loop-desk","dataset":"desk","name":"first","max_rounds":2,"seed":7}""", 202);
        var session = started.Text("id");
        started.Text("goal").ShouldBe("improvement", "what is not said takes its default");
        (await Server.RefusedAsync(HttpMethod.Get, $"/api/v1/sessions/{session}/frontier", null, 409)).Code.ShouldBe("frontier-not-ready");

        // Stopped at once and taken up again: the log goes on where it was.
        (await Server.PostAsync($"/api/v1/sessions/{session}/stop", "")).Text("state").ShouldBe("interrupted");
        (await Server.RefusedAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/stop", null, 409)).Code.ShouldBe("session-not-running");
        (await Server.PostAsync($"/api/v1/sessions/{session}/resume", "", 202)).Text("id").ShouldBe(session);

        var watched = await WatchAsync(session);
        watched.Log.Select(stored => (int)stored["sequence"]!).ShouldBe(Enumerable.Range(1, watched.Log.Count), "each event once, in order");
        watched.Log[0]["event"]!.Text("type").ShouldBe("started");
        watched.Log[^1]["event"]!.Text("type").ShouldBe("completed");
        watched.Last.Text("state").ShouldBe("completed");

        (await Server.GetAsync("/api/v1/sessions?agent=loop-desk")).Items().Single().Text("id").ShouldBe(session);
        (await Server.GetAsync("/api/v1/sessions/first")).Text("phase").ShouldBe("completed");
        (await Server.GetAsync($"/api/v1/sessions/{session}/log?after={watched.Log.Count - 1}")).Items().Single()["event"]!.Text("type").ShouldBe("completed");
        (await Server.RefusedAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/resume", null, 409)).Code.ShouldBe("session-ended");
        foreach (var path in (string[])["", "/log", "/watch", "/frontier"])
            (await Server.RefusedAsync(HttpMethod.Get, $"/api/v1/sessions/nothing{path}", null, 404)).Code.ShouldBe("session-not-found");
        return session;
    }

    private async Task<(IReadOnlyList<JsonNode> Log, JsonNode Last)> WatchAsync(string session)
    {
        using var response = await Server.Client.GetAsync(new Uri($"/api/v1/sessions/{session}/watch", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        var log = new List<JsonNode>();
        JsonNode last = new JsonObject();
        var kind = "";
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) kind = line[7..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            var data = JsonNode.Parse(line[6..])!;
            if (kind == "log") log.Add(data);
            else last = data;
        }

        return (log, last);
    }

    private async Task CheckFrontierAsync(string session)
    {
        var report = await Server.GetAsync($"/api/v1/sessions/{session}/frontier");
        report["points"]!.AsArray().ShouldContain(point => (bool)point!["is_baseline"]!);
        var money = report["money"]!;
        long Nano(string line) => (long)money[line]!["nano_usd"]!;
        Nano("spent").ShouldBe(Nano("ledger"), "the ledger and its parts agree");
        Nano("spent").ShouldBe(Nano("attempts"), "so do the traces");
        foreach (var (file, start) in ((string, string)[])[("report.html", "<!doctype html"), ("plot.svg", "<svg")])
        {
            var text = await Server.Client.GetStringAsync(new Uri($"/api/v1/sessions/{session}/frontier/{file}", UriKind.Relative), Cancel);
            text.TrimStart().ShouldStartWith(start, Case.Insensitive);
            text.ShouldNotContain(Server.Token);
        }

        ((long)(await Server.GetAsync($"/api/v1/budgets/session/{session}"))["spent"]!["nano_usd"]!).ShouldBe(Nano("ledger"));
        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/budgets/session/none", null, 404)).Code.ShouldBe("budget-not-found");
    }

    private async Task CheckReleasesAsync(AgentFolder folder)
    {
        var before = (await Server.GetAsync("/api/v1/agents/loop-desk")).Text("production");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/releases", $$"""{"agent":"loop-desk","version":"{{before}}"}""", 409)).Code.ShouldBe("release-needless");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/releases/rollback", """{"agent":"loop-desk","reason":"none"}""", 409)).Code.ShouldBe("nothing-to-roll-back");
        folder.Write("prompts/system.md", "Name the intent:\n- billing\n- delivery\n- login\n");
        var head = (await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201)).Text("head");

        var release = await Server.PostAsync("/api/v1/releases", $$"""{"agent":"loop-desk","version":"{{head[..8]}}"}""", 201);
        release.Text("state").ShouldBe("awaiting_approval");
        (await Server.GetAsync("/api/v1/agents/loop-desk")).Text("production").ShouldBe(before, "nothing changes before the approval");
        var approve = $"/api/v1/releases/{release.Text("id")}/approve";
        (await Server.RefusedAsync(HttpMethod.Post, approve, """{"digest":"another"}""", 409)).Code.ShouldBe("approval-void");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/releases/none/approve", """{"digest":"x"}""", 404)).Code.ShouldBe("release-not-found");
        (await Server.PostAsync(approve, new JsonObject { ["digest"] = release.Text("digest") })).Text("state").ShouldBe("full");
        (await Server.RefusedAsync(HttpMethod.Post, approve, new JsonObject { ["digest"] = release.Text("digest") }.ToJsonString(), 409)).Code.ShouldBe("release-not-waiting");
        (await Server.PostAsync("/agents/loop-desk/invoke", """{"input":"Where is it?"}""")).Text("version").ShouldBe(head);

        (await Server.PostAsync("/api/v1/releases/rollback", """{"agent":"loop-desk","reason":"worse on Mondays"}""")).Text("state").ShouldBe("rolled_back");
        (await Server.PostAsync("/agents/loop-desk/invoke", """{"input":"Where is it?"}""")).Text("version").ShouldBe(before);
        (await Server.GetAsync("/api/v1/releases?agent=loop-desk")).Items()[0].Text("state").ShouldBe("rolled_back");

        var entries = (await Server.GetAsync("/api/v1/audit?limit=1000")).Items();
        string[] acts = [.. entries.Where(entry => entry["act"]!.Text("target") == release.Text("id")).Select(entry => entry["act"]!.Text("action"))];
        acts.ShouldBe(["release.requested", "release.approved", "release.rolled_back"]);
        var page = await Server.GetAsync("/api/v1/audit?limit=1");
        (await Server.GetAsync($"/api/v1/audit?limit=1&after={page.Text("next_cursor")}")).Items().Single().ToJsonString().ShouldNotBe(page.Items().Single().ToJsonString());
        ((bool)(await Server.GetAsync("/api/v1/audit/verify"))["whole"]!).ShouldBeTrue();
    }
}
