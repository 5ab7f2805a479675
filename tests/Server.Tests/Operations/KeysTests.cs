using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Espalier.Server.Tests.Operations;

public sealed class KeysTests(SharedServer shared)
{
    // Of no vendor's form, so that nobody takes it for a real one.
    private static readonly string Planted = string.Join("-", "planted", "provider", "key", "5a36");

    private TrialServer Server => shared.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_Key_IsShownOnceAndListedWithoutItsSecret()
    {
        var created = await Server.PostAsync("/api/v1/keys", """{"name":"listed","scopes":["call","read"],"budget":"5usd","limits":{"requests_per_minute":60}}""", 201);
        var (secret, id) = (created.Text("secret"), created["key"]!.Text("id"));
        secret.ShouldMatch("^espk_[0-9A-Za-z]{36}$");
        var list = await Server.GetAsync("/api/v1/keys");
        list.ToJsonString().ShouldNotContain(secret);
        list["items"]!.AsArray().Single(key => key!.Text("id") == id)!.Text("last4").ShouldBe(secret[^4..]);
        (await Server.GetAsync($"/api/v1/budgets/keys/{id}"))["limit"]!["nano_usd"]!.GetValue<long>().ShouldBe(5_000_000_000);
        var revoked = await Server.SendAsync(HttpMethod.Delete, $"/api/v1/keys/{id}", null, 200);
        revoked["revoked"].ShouldNotBeNull();
        (await Server.RefusedAsync(HttpMethod.Delete, "/api/v1/keys/key_none", null, 404)).Code.ShouldBe("key-not-found");
        (await Server.RefusedAsync(HttpMethod.Post, "/api/v1/keys", """{"name":"x","scopes":[]}""", 422)).Code.ShouldBe("key-request-not-valid");
        (await Server.GetAsync("/api/v1/audit?limit=1000")).ToJsonString().ShouldContain($"\"{id}\"");
    }

    [Theory]
    [InlineData("read", "GET", "/api/v1/agents", 200)]
    [InlineData("read", "POST", "/api/v1/agents", 403)]
    [InlineData("read", "GET", "/api/v1/keys", 403)]
    [InlineData("read", "POST", "/api/v1/releases/rel_1/approve", 403)]
    [InlineData("operate", "POST", "/api/v1/releases/rel_1/approve", 403)]
    [InlineData("operate", "POST", "/api/v1/shutdown", 403)]
    [InlineData("operate", "GET", "/api/v1/agents", 403)]
    [InlineData("approve", "POST", "/api/v1/releases/rel_1/approve", 404)]
    [InlineData("admin", "POST", "/api/v1/releases/rel_1/approve", 403)]
    [InlineData("read", "GET", "/api/v1/approvals", 200)]
    [InlineData("operate", "POST", "/api/v1/approvals/appr_1/approve", 403)]
    [InlineData("operate", "POST", "/api/v1/approvals/appr_1/deny", 403)]
    [InlineData("approve", "POST", "/api/v1/approvals/appr_1/approve", 404)]
    [InlineData("admin", "GET", "/api/v1/keys", 200)]
    [InlineData("operate", "PUT", "/api/v1/budgets/project", 403)]
    [InlineData("read", "GET", "/api/v1/budgets/project", 200)]
    [InlineData("call", "GET", "/api/v1/agents", 403)]
    [InlineData("ingest", "GET", "/api/v1/traces", 403)]
    public async Task Rest_KeyWithOneScope_OpensWhatThatScopeOpens(string scope, string method, string path, int status)
    {
        var secret = (await Server.PostAsync("/api/v1/keys", $$"""{"name":"{{scope}}","scopes":["{{scope}}"]}""", 201)).Text("secret");
        using var response = await SendAsync(Server, new HttpMethod(method), path, secret, method == "POST" ? """{"digest":"x"}""" : null);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        ((int)response.StatusCode).ShouldBe(status, text);
        if (status == 403) text.ShouldContain("scope-missing");
    }

    [Fact]
    public async Task ProviderKey_Kept_ReachesItsProviderAndNothingElse()
    {
        var folder = Directory.CreateTempSubdirectory("espalier-data-").FullName;
        try
        {
            string? sent = null;
            await using var provider = await StartProviderAsync(key => sent = key);
            void Adjust(WebApplicationBuilder builder) => builder.Configuration["ANTHROPIC_BASE_URL"] = provider.Urls.First();
            string secret;
            var logs = new StringBuilder();
            await using (var first = await TrialServer.StartAsync(folder, Adjust))
            {
                var kept = await first.SendAsync(HttpMethod.Put, "/api/v1/providers/anthropic/key", $$"""{"key":"{{Planted}}"}""", 200);
                kept.Text("last4").ShouldBe(Planted[^4..]);
                kept.ToJsonString().ShouldNotContain(Planted);
                (await first.GetAsync("/api/v1/providers/keys")).ToJsonString().ShouldNotContain(Planted);
                secret = (await first.PostAsync("/api/v1/keys", """{"name":"shop","scopes":["call"]}""", 201)).Text("secret");
                logs.AppendJoin('\n', first.Log.Lines);
            }

            await using (var second = await TrialServer.StartAsync(folder, Adjust))
            {
                using var answer = await SendAsync(
                    second, HttpMethod.Post, "/v1/messages", secret, """{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""");
                // The provider repeats the key in its error, as some do.
                answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
                var text = await answer.Content.ReadAsStringAsync(Cancel);
                text.ShouldContain("the key *** is odd");
                logs.AppendJoin('\n', second.Log.Lines);
            }

            sent.ShouldBe(Planted);
            logs.ToString().ShouldNotContain(Planted);
            logs.ToString().ShouldNotContain(secret);
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                var bytes = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel));
                bytes.ShouldNotContain(Planted, customMessage: file);
                bytes.ShouldNotContain(secret, customMessage: file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<WebApplication> StartProviderAsync(Action<string?> seen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/v1/messages", (HttpContext http) =>
        {
            var key = http.Request.Headers["x-api-key"].ToString();
            seen(key);
            var error = new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "invalid_request_error", ["message"] = $"the key {key} is odd" } };
            return Results.Text(error.ToJsonString(), "application/json", statusCode: 400);
        });
        await app.StartAsync(Cancel);
        return app;
    }

    private static async Task<HttpResponseMessage> SendAsync(TrialServer server, HttpMethod method, string path, string secret, string? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await server.Anonymous.SendAsync(request, Cancel);
    }
}
