using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Agents;

public sealed class AgentsEndpointsTests(SharedServer shared)
{
    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Import_OfAFolder_MakesAnAgentThatCanBeFoundListedAndCompared()
    {
        using var folder = AgentFolder.WithEcho("import-me");
        var first = await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);
        folder.Write("agent.py", "print('changed')\n");
        var second = await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);

        second.Text("agent").ShouldBe("import-me");
        second.Text("production").ShouldBe(first.Text("head"), "an import serves nothing by itself");
        second.Text("head").ShouldNotBe(first.Text("head"));
        (await Server.GetAsync("/api/v1/agents")).Items().ShouldContain(agent => agent.Text("agent") == "import-me");
        (await Server.GetAsync("/api/v1/agents/import-me"))["contract"]!.Text("agent").ShouldBe("import-me");
        (await Server.GetAsync("/api/v1/agents/import-me/versions/head")).Text("id").ShouldBe(second.Text("head"));
        (await Server.GetAsync($"/api/v1/agents/import-me/versions/{first.Text("head")[..8]}")).Text("id").ShouldBe(first.Text("head"));
        (await Server.GetAsync("/api/v1/agents/import-me/versions/head/diff?against=production")).Text("patch").ShouldContain("+print('changed')");
    }

    [Theory]
    [InlineData("/nowhere-at-all", "folder-not-found")]
    [InlineData("relative", "folder-not-found")]
    [InlineData("/usr", "contract-missing")]
    public async Task Import_OfNoAgent_SaysWhatIsMissing(string path, string code) =>
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/agents", new JsonObject { ["path"] = path }.ToJsonString(), 422)).Code.ShouldBe(code);

    [Fact]
    public async Task Import_WithABadContract_NamesTheKey()
    {
        using var folder = AgentFolder.WithEcho("bad-contract");
        folder.Write("espalier.yaml", "agent: bad-contract\nrun: { command: x, protocol: smoke }\nartifacts: { code: [agent.py] }\n");

        var (_, words) = await Server.RefusedAsync(HttpMethod.Post, "/api/v1/agents", new JsonObject { ["path"] = folder.Path }.ToJsonString(), 422);

        words.ShouldContain("protocol");
        words.ShouldContain("smoke");
    }

    [Theory]
    [InlineData("/api/v1/agents/nobody", 404, "agent-not-found")]
    [InlineData("/api/v1/agents/nobody/versions/head", 404, "agent-not-found")]
    [InlineData("/api/v1/agents/..%2F..%2Fetc", 404, "agent-not-found")]
    public async Task Find_OfNobody_IsNotFound(string path, int status, string code) =>
        (await Server.RefusedAsync(HttpMethod.Get, path, null, status)).Code.ShouldBe(code);

    [Fact]
    public async Task Version_ThatIsNone_SaysWhatAVersionLooksLike()
    {
        using var folder = AgentFolder.WithEcho("versions");
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);

        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/agents/versions/versions/zz", null, 400)).Code.ShouldBe("version-name-malformed");
        (await Server.RefusedAsync(HttpMethod.Get, "/api/v1/agents/versions/versions/0000000", null, 404)).Code.ShouldBe("version-not-found");
    }

    [Fact]
    public async Task Invoke_InTheSandbox_AnswersAndLeavesATrace()
    {
        using var folder = AgentFolder.WithEcho("echo");
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);

        var answer = await Server.PostAsync("/agents/echo/invoke", """{"input":"hello","conversation":"c1","user":"u1"}""");
        var crash = await Server.PostAsync("/agents/echo/invoke", """{"input":"crash"}""");
        var inside = await Server.PostAsync("/agents/echo/invoke", """{"input":"environment"}""");

        answer.Text("output").ShouldBe("echo hello");
        answer["outcome"]!.Text("ended").ShouldBe("completed");
        crash["outcome"]!.Text("ended").ShouldBe("failed");
        crash["outcome"]!.Text("at").ShouldBe("agent");
        crash.AsObject().ContainsKey("output").ShouldBeFalse("nulls are left out");
        inside.Text("output").ShouldStartWith("environment http://127.0.0.1:");
        var trace = await Server.GetAsync($"/api/v1/traces/{answer.Text("trace_id")}");
        trace["summary"]!.Text("output").ShouldBe("echo hello");
        trace["summary"]!.Text("conversation").ShouldBe("c1");
        (await Server.RefusedAsync(HttpMethod.Post, "/agents/nobody/invoke", """{"input":"x"}""", 404)).Code.ShouldBe("agent-not-found");
        (await Server.RefusedAsync(HttpMethod.Post, "/agents/echo/invoke", """{"input":"x","version":"0000000"}""", 404)).Code.ShouldBe("version-not-found");
    }
}
