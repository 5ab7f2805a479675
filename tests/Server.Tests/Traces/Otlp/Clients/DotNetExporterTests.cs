using System.Diagnostics;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Espalier.Server.Tests.Traces.Otlp.Clients;

public sealed class DotNetExporterTests(SharedServer shared)
{
    private TrialServer Server => shared.Server;

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task Traces_OfTheExporter_AreReadBackByRest(OtlpExportProtocol protocol)
    {
        using var source = new ActivitySource($"desk-{protocol}");
        string trace;
        using (var provider = Sdk.CreateTracerProviderBuilder().AddSource(source.Name)
            .ConfigureResource(resource => resource.AddService("dotnet-desk", serviceVersion: "4.2.0"))
            .AddOtlpExporter(exporter =>
            {
                exporter.Protocol = protocol;
                exporter.Endpoint = protocol is OtlpExportProtocol.Grpc ? Server.OtlpGrpc : new Uri(Server.OtlpHttp, "v1/traces");
            })
            .Build())
        {
            using (var agent = source.StartActivity("invoke_agent desk")!)
            {
                trace = agent.TraceId.ToHexString();
                agent.SetTag("gen_ai.operation.name", "invoke_agent").SetTag("gen_ai.agent.name", "desk");
                for (var i = 0; i < 40; i++)
                {
                    using var call = source.StartActivity("chat gpt-5-mini", ActivityKind.Client)!;
                    call.SetTag("gen_ai.operation.name", "chat").SetTag("gen_ai.provider.name", "openai").SetTag("gen_ai.request.model", "gpt-5-mini");
                    call.SetTag("gen_ai.usage.input_tokens", 57 + i).SetTag("gen_ai.usage.output_tokens", 18);
                    if (i == 7) call.SetStatus(ActivityStatusCode.Error, "rate limit");
                }
            }

            provider.ForceFlush(20_000).ShouldBeTrue();
        }

        var spans = (await Server.GetAsync($"/api/v1/traces/{trace}"))["spans"]!.AsArray().Select(span => span!).ToList();
        spans.Count.ShouldBe(41);
        var calls = spans.Where(span => span.Text("kind") == "model").ToList();
        calls.Count.ShouldBe(40);
        calls.ShouldAllBe(call => call.Text("agent") == "dotnet-desk");
        calls.Select(call => (int)call["usage"]!["input_uncached"]!).Order().ShouldBe(Enumerable.Range(57, 40));
        calls.Single(call => call["error"] is not null).Text("error").ShouldContain("rate limit");
    }
}
