using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Traces.Otlp.Clients;

public sealed class NodeExporterTests(SharedServer shared, NodeExporters node)
{
    private TrialServer Server => shared.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("proto", "none")]
    [InlineData("proto", "gzip")]
    [InlineData("json", "none")]
    [InlineData("json", "gzip")]
    [InlineData("grpc", "none")]
    [InlineData("grpc", "gzip")]
    public async Task Traces_OfEachExporter_AreReadBackByRest(string protocol, string compression)
    {
        var exported = await node.ExportAsync(protocol == "grpc" ? Server.OtlpGrpc : Server.OtlpHttp, Cancel, "traces", protocol, compression);

        ((int)exported["code"]!).ShouldBe(0, exported.ToJsonString());
        var spans = (await Server.GetAsync($"/api/v1/traces/{exported.Text("trace_id")}"))["spans"]!.AsArray().Select(span => span!).ToList();
        spans.Select(span => span.Text("span_id")).ShouldBe(exported["span_ids"]!.AsArray().Select(id => (string)id!), ignoreOrder: true);
        spans.ShouldAllBe(span => span.Text("agent") == "node-desk");
        var call = spans.Single(span => span.Text("kind") == "model");
        call.Text("model").ShouldBe("gpt-5-mini");
        call.Text("provider").ShouldBe("openai");
        JsonNode.Parse(call.Text("input"))![0]!["parts"]![0]!.Text("content").ShouldBe("Où est mon colis ? 📦");
        call.Text("output").ShouldContain("It left on \"Monday\".");
        call.Text("parent_id").ShouldBe(spans.Single(span => span.Text("kind") == "agent").Text("span_id"));
        spans.Single(span => span.Text("kind") == "tool").Text("error").ShouldContain("carrier timed out");
    }

    [Theory]
    [InlineData("logs", "proto")]
    [InlineData("logs", "json")]
    [InlineData("metrics", "proto")]
    [InlineData("metrics", "grpc")]
    public async Task OtherSignals_OfEachExporter_AreTaken(string signal, string protocol)
    {
        var exported = await node.ExportAsync(protocol == "grpc" ? Server.OtlpGrpc : Server.OtlpHttp, Cancel, signal, protocol);

        ((int)exported["code"]!).ShouldBe(0, exported.ToJsonString());
    }
}
