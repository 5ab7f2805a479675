using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Agents;

/// <summary>What an agent in a sandbox tells of itself by OpenTelemetry.</summary>
public sealed class OwnSpansTests(SharedServer shared)
{
    /// <summary>Exports as an instrumentation would: a trace of its own, a model call with tokens and a tool, the address and key from the environment.</summary>
    private const string Telling = """
        import json, os, sys, time, urllib.request

        def export(trace, token):
            now = time.time_ns()
            def span(id, parent, name, attributes):
                return {"traceId": trace, "spanId": id, **({"parentSpanId": parent} if parent else {}), "name": name, "kind": 1,
                        "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 1000000),
                        "attributes": [{"key": k, "value": {"stringValue": v} if isinstance(v, str) else {"intValue": v}} for k, v in attributes.items()]}
            spans = [span("a" * 16, None, "my workflow", {}),
                     span("b" * 16, "a" * 16, "chat m", {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1000000}),
                     span("c" * 16, "a" * 16, "execute_tool lookup", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup"})]
            body = {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "somebody-else"}}]},
                                       "scopeSpans": [{"spans": spans}]}]}
            request = urllib.request.Request(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces", data=json.dumps(body).encode(),
                headers={"content-type": "application/json", "authorization": "Bearer " + token})
            try:
                return urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                return error.code

        name, value = os.environ["OTEL_EXPORTER_OTLP_HEADERS"].split("=", 1)
        token = value.removeprefix("Bearer%20")
        trace = sys.stdin.read().strip()
        print(export(trace, token), export(trace, "espr_" + "x" * 36))
        """;

    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Export_OfARun_JoinsItsTraceAndClaimsNothing()
    {
        using var folder = AgentFolder.WithEcho("telling");
        folder.Write("agent.py", Telling);
        await Server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);
        var foreign = new string('d', 32);
        var answer = await Server.PostAsync("/agents/telling/invoke", new JsonObject { ["input"] = foreign });
        answer.Text("output").ShouldBe("200 401");

        var trace = await Server.GetAsync($"/api/v1/traces/{answer.Text("trace_id")}");
        var spans = trace["spans"]!.AsArray().Select(span => span!).ToDictionary(span => span.Text("name"));
        spans.Keys.Order().ShouldBe(["agent.run", "chat m", "execute_tool lookup", "my workflow"]);
        spans["my workflow"].Text("parent_id").ShouldBe(spans["agent.run"].Text("span_id"));
        spans["chat m"].Text("parent_id").ShouldBe(spans["my workflow"].Text("span_id"));
        spans["chat m"]["usage"].ShouldBeNull();
        spans["chat m"]["attributes"]!.Text("reported.input_tokens").ShouldBe("1000000");
        spans.Values.ShouldAllBe(span => span.Text("agent") == "telling" && span.Text("purpose") == "production");
        await Server.GetAsync($"/api/v1/traces/{foreign}", 404);
    }
}
