using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;
using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

public sealed class OtlpPortsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_WhosePortIsTaken_GoesOnWithoutAndSaysSo()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var server = await TrialServer.StartAsync(null, builder => builder.Configuration["Server:Otlp:GrpcPort"] = taken.ToString());

        var info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(server.Folder, "server.json"), Cancel))!;
        new Uri(info.Text("otlp_http")).ShouldBe(server.OtlpHttp);
        (info["otlp_grpc"] is null).ShouldBeTrue();
        info.Text("otlp_problem").ShouldContain($"Port {taken} is in use");
        server.Log.Lines.ShouldContain(line => line.Contains("[1301]", StringComparison.Ordinal) && line.Contains($"{taken}", StringComparison.Ordinal));
        var doctor = (await server.PostAsync("/api/v1/doctor", ""))["checks"]!.AsArray().Single(check => check!.Text("name") == "otlp")!;
        ((bool)doctor["ok"]!).ShouldBeTrue("it is told, and no failure");
        doctor.Text("detail").ShouldContain($"Port {taken} is in use");
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await server.Anonymous.PostAsync(new Uri(server.OtlpHttp, "/v1/traces"), content, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Server_WithReceiversOff_OpensNeither()
    {
        await using var server = await TrialServer.StartAsync(null, builder => builder.Configuration["Server:Otlp:Enabled"] = "false");

        var info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(server.Folder, "server.json"), Cancel))!.AsObject();
        info.ContainsKey("otlp_http").ShouldBeFalse();
        info.ContainsKey("otlp_problem").ShouldBeFalse();
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await server.Client.PostAsync(new Uri("/v1/traces", UriKind.Relative), content, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, "the main port takes them with the token");
    }

    [Fact]
    public async Task Server_ThatWantsTheToken_TakesNothingWithoutIt()
    {
        await using var server = await TrialServer.StartAsync(null, builder => builder.Configuration["Server:Otlp:RequireToken"] = "true");
        foreach (var (token, status) in ((string?, HttpStatusCode)[])[(null, HttpStatusCode.Unauthorized), (server.Token, HttpStatusCode.OK)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.OtlpHttp, "/v1/traces"))
            {
                Content = new StringContent("{}", Encoding.UTF8, "application/json"),
            };
            if (token is not null) request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
            using var response = await server.Anonymous.SendAsync(request, Cancel);
            response.StatusCode.ShouldBe(status);
        }
    }

    [Fact]
    public void Open_ElsewhereThanOnLoopback_WantsTheToken()
    {
        using var loopback = OtlpPorts.Open(Free(), IPAddress.Loopback, 0);
        using var everywhere = OtlpPorts.Open(Free(), IPAddress.Any, 0);

        loopback.WantsToken.ShouldBeFalse();
        everywhere.WantsToken.ShouldBeTrue();
        loopback.Has(loopback.Http.Endpoint!.Port).ShouldBeTrue();
    }

    [Fact]
    public void Open_OnTheServersOwnPort_LeavesThatAlone()
    {
        using var ports = OtlpPorts.Open(new OtlpOptions { HttpPort = 7420, GrpcPort = 0 }, IPAddress.Loopback, 7420);

        ports.Http.Endpoint.ShouldBeNull();
        ports.Http.Problem.ShouldNotBeNull().ShouldContain("7420");
    }

    private static OtlpOptions Free() => new() { HttpPort = 0, GrpcPort = 0 };
}
