using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Runs;

/// <summary>Commands of people in the sandbox of candidates, on the real server with its real gateway.</summary>
public sealed class SandboxEndpointsTests(SharedServer shared)
{
    private const string Ask = """
        import json, os, sys, urllib.request, urllib.error
        def ask(path, token, body=None):
            data = json.dumps(body).encode() if body is not None else None
            headers = {"content-type": "application/json", "authorization": "Bearer " + token}
            try:
                with urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8080" + path, data=data, headers=headers), timeout=20) as answer: return answer.status
            except urllib.error.HTTPError as error: return error.code
        own = os.environ["OPENAI_API_KEY"]
        """;

    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Run_AnyCommand_StreamsBothOutputsAndPassesTheExitCode()
    {
        using var folder = AgentFolder.WithEcho("trial-files");
        folder.Write(".git/HEAD", "ref: refs/heads/main");
        var (result, output, errors) = await RunAsync(folder, "cat; ls -A; echo oops >&2; exit 7", json => json["input"] = "from outside\n");
        output.ShouldBe("from outside\nagent.py\nespalier.yaml\n");
        errors.ShouldBe("oops\n");
        result.ExitCode.ShouldBe(7);
        result.Outcome.ShouldBeOfType<Outcome.Failed>().At.ShouldBe(Boundary.Agent);
        result.Usage.Calls.ShouldBe(0);
        (await Server.GetAsync($"/api/v1/traces/{result.TraceId}")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Run_FilesWritten_NeverReachTheFolder()
    {
        using var folder = AgentFolder.WithEcho("trial-writes");
        (await RunAsync(folder, "echo changed > agent.py; rm espalier.yaml; touch new; ls -A")).Output.ShouldBe("agent.py\nnew\n");
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["agent.py", "espalier.yaml"]);
        File.ReadAllText(Path.Combine(folder.Path, "agent.py")).ShouldNotContain("changed");
    }

    [Fact]
    public async Task Run_CallsAModel_IsBilledToItsLine()
    {
        using var folder = AgentFolder.WithEcho("trial-calls");
        folder.Write("ask.py", Ask + """

            print(ask("/v1/chat/completions", own, {"model": "local/char-nn", "messages": [{"role": "user", "content": "hello"}]}))
            """);
        var (result, output, errors) = await RunAsync(folder, "python3 ask.py");
        output.ShouldBe("200\n", errors);
        result.Outcome.ShouldBeOfType<Outcome.Completed>();
        result.Usage.Calls.ShouldBe(1);
        result.Usage.Cost.ShouldNotBeNull().ShouldBeGreaterThan(Usd.Zero);
        (await Server.GetAsync("/api/v1/budgets/sandbox"))["spent"].ShouldNotBeNull();
    }

    /// <summary>The administration is on the same server: its paths, with any key, must not answer in a sandbox, and no other door may be open.</summary>
    [Fact]
    public async Task Run_TriesTheAdministration_ReachesTheGatewayAlone()
    {
        using var folder = AgentFolder.WithEcho("trial-admin");
        folder.Write("admin.py", Ask + $$"""

            import socket
            print(ask("/v1/models", own))
            for token in (own, "{{Server.Token}}"):
                for path in ("/api/v1/agents", "/api/v1/budgets/project", "/api/v1/audit", "/api/v1/keys", "/version", "/healthz", "/agents/any/invoke", "//api/v1/agents", "/v1/../api/v1/agents", "/v1%2F..%2Fapi/v1/agents"):
                    status = ask(path, token)
                    if status < 400: print("ESCAPED", path, status)
            print(ask("/api/v1/shutdown", "{{Server.Token}}", {}))
            print(ask("/v1/chat/completions", "{{Server.Token}}", {"model": "local/char-nn", "messages": []}))
            try:
                socket.create_connection(("127.0.0.1", {{Server.Url.Port}}), timeout=2)
                print("ESCAPED port")
            except OSError: print("no port")
            """);
        var (result, output, errors) = await RunAsync(folder, "python3 admin.py");
        result.ExitCode.ShouldBe(0, errors);
        output.ShouldBe("200\n404\n401\nno port\n");

        // The same paths do answer outside: what was refused is there.
        (await Server.GetAsync("/api/v1/budgets/project"))["id"].ShouldNotBeNull();
        (await Server.GetAsync("/api/v1/agents"))["items"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Run_OverALimit_SaysWhich()
    {
        using var folder = AgentFolder.WithEcho("trial-limits");
        (await RunAsync(folder, "sleep 1000", json => json["timeout"] = "00:00:01")).Result.Outcome.ShouldBeOfType<Outcome.TimedOut>();
        var flood = await RunAsync(folder, "yes", json => json["output_bytes"] = 4096);
        flood.Result.ExitCode.ShouldBeNull();
        flood.Result.Outcome.ShouldBeOfType<Outcome.Failed>().Reason.ShouldContain("4096 bytes");
        Encoding.UTF8.GetByteCount(flood.Output).ShouldBe(4096);
        (await RunAsync(folder, "ulimit -n", json => json["open_files"] = 100)).Output.ShouldBe("100\n");
    }

    [Fact]
    public async Task Run_OfAnAgent_TakesItsContract()
    {
        using var folder = AgentFolder.WithEcho("trial-agent");
        folder.Write("espalier.yaml", """
            agent: trial-agent
            run: { command: echo own command, protocol: stdio, timeout: 20s, environment: { MARK: here } }
            artifacts: { code: [agent.py] }
            judge: { expected: normalised }
            budget: { run: 0.05usd }
            """);
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);
        (await RunAsync(folder, null, json => json["agent"] = "trial-agent")).Output.ShouldBe("own command\n");
        (await RunAsync(folder, "echo $MARK", json => json["agent"] = "trial-agent")).Output.ShouldBe("here\n");
    }

    [Theory]
    [InlineData("""{"path":"/nowhere-at-all","command":"true"}""", "folder-not-found")]
    [InlineData("""{"path":"/usr"}""", "limit-not-valid")]
    [InlineData("""{"path":"/usr","command":"true","processes":1}""", "limit-not-valid")]
    [InlineData("""{"path":"/usr","command":"true","timeout":"02:00:00"}""", "limit-not-valid")]
    public async Task Run_ThatCannotBe_SaysWhy(string body, string code) =>
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/sandbox/runs", body, 422)).Code.ShouldBe(code);

    private async Task<(SandboxRunResult Result, string Output, string Errors)> RunAsync(AgentFolder folder, string? command, Action<JsonObject>? change = null)
    {
        var json = new JsonObject { ["path"] = folder.Path, ["command"] = command };
        change?.Invoke(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/sandbox/runs") { Content = new StringContent(json.ToJsonString(), Encoding.UTF8, "application/json") };
        using var response = await Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(200, await (response.IsSuccessStatusCode ? Task.FromResult("") : response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        var written = new[] { new MemoryStream(), new MemoryStream() };
        SandboxRunResult? result = null;
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)).EnumerateAsync(TestContext.Current.CancellationToken))
        {
            item.EventType.ShouldNotBe("refused", item.Data);
            if (item.EventType == "end") result = JsonSerializer.Deserialize(item.Data, ContractsJson.Default.SandboxRunResult);
            else if (JsonSerializer.Deserialize(item.Data, ContractsJson.Default.SandboxRunOutput) is { } piece) written[piece.Stream - 1].Write(piece.Bytes);
        }

        return (result.ShouldNotBeNull(), Encoding.UTF8.GetString(written[0].ToArray()), Encoding.UTF8.GetString(written[1].ToArray()));
    }
}
