using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Server.Tests.Fakes;
using Espalier.Server.Traces.Otlp;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Server.Tests.Hosting;

public sealed class DoorsTests(SharedServer shared)
{
    private static readonly string[] Open = ["/healthz", "/readyz", "/version"];

    private TrialServer Server => shared.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rest_EveryRoute_WantsTheServersTokenAndNoOther()
    {
        var runToken = Server.Services.GetRequiredService<IRunTokens>().Issue();
        var wrong = KeyFormat.Make(KeyFormat.Local, new string('x', KeyFormat.RandomLength));
        var routes = Routes().Where(route => !Open.Contains(route.Path) && !route.Path.StartsWith("/v1/", StringComparison.Ordinal) && !route.Path.StartsWith("/v1beta/", StringComparison.Ordinal) && !route.Path.StartsWith("/tools/", StringComparison.Ordinal)).ToList();
        routes.Count.ShouldBeGreaterThan(30);
        foreach (var (method, path) in routes)
        {
            foreach (var token in (string?[])[null, "", wrong, runToken, Server.Token + "x", Server.Token[..^1]])
            {
                using var response = await SendAsync(method, path, token);
                response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
                response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
                Calls.ShouldBeProblem(await response.Content.ReadAsStringAsync(Cancel), response.Content.Headers.ContentType, 401);
            }
        }
    }

    [Fact]
    public async Task Rest_WrongVirtualKeyTooOften_Is429WithRetryAfter()
    {
        var wrong = KeyFormat.Make(KeyFormat.Api, "zzzz" + new string('x', KeyFormat.RandomLength - 4));
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await SendAsync("GET", "/api/v1/agents", wrong);
            statuses.Add(response.StatusCode);
            if (response.StatusCode != HttpStatusCode.TooManyRequests) continue;
            response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
            Calls.ShouldBeProblem(await response.Content.ReadAsStringAsync(Cancel), response.Content.Headers.ContentType, 429);
        }

        statuses[..10].ShouldAllBe(status => status == HttpStatusCode.Unauthorized);
        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Health_WithoutToken_AnswersAndTellsNoSecret()
    {
        foreach (var path in Open)
        {
            var text = await Server.Anonymous.GetStringAsync(new Uri(path, UriKind.Relative), Cancel);
            text.ShouldNotContain(Server.Token);
            text.ShouldNotContain(Server.Folder);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("POST", "/v1beta/models/gemini-2.5-flash:generateContent")]
    public async Task Gateway_WithTheServersToken_Refuses(string method, string path)
    {
        using var response = await SendAsync(method, path, Server.Token);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldNotContain(Server.Token);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    public async Task Host_OfSomebodyElse_IsMisdirected(string method)
    {
        foreach (var path in (string[])["/healthz", "/api/v1/agents", "/v1/models", "/nowhere"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
            request.Headers.Host = "rebound.example";
            using var response = await Server.Client.SendAsync(request, Cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.MisdirectedRequest, $"{method} {path}");
        }
    }

    [Theory]
    [InlineData("/healthz", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/agents", HttpStatusCode.NotFound)]
    [InlineData("/openapi/v1.json", HttpStatusCode.NotFound)]
    [InlineData("/agents/any/invoke", HttpStatusCode.NotFound)]
    [InlineData("/v1/models", HttpStatusCode.Unauthorized)]
    public async Task Socket_OfTheSandbox_LeadsToTheGatewayAlone(string path, HttpStatusCode status)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Server.GatewaySocket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://localhost") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Server.Token);

        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);

        response.StatusCode.ShouldBe(status);
    }

    private IEnumerable<(string Method, string Path)> Routes() =>
        from endpoint in Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<OtlpRoute>() is null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
            string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x")))));

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (method == "POST") request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        return await Server.Anonymous.SendAsync(request, Cancel);
    }
}
