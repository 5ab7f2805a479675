using System.Net;
using System.Text;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Hosting;

public sealed class UnreadableRequestsTests(SharedServer shared)
{
    private const string Session = "/api/v1/sessions";
    private const string Feedback = "/api/v1/feedback";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Session, "", "body is missing")]
    [InlineData(Session, "{", "not JSON at line 1")]
    [InlineData(Session, "{\"agent\": nobody}", "not JSON at line 1, byte 12")]
    [InlineData(Session, "[]", "The body has a value of another kind")]
    [InlineData(Session, "null", "body is missing")]
    [InlineData(Session, "{\"agent\":\"a\"}", "lacks dataset")]
    [InlineData(Session, "{}", "lacks agent, dataset")]
    [InlineData(Session, "{\"agent\":null,\"dataset\":\"d\"}", "agent is null")]
    [InlineData(Session, "{\"agent\":7,\"dataset\":\"d\"}", "agent has a value of another kind. It is text")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"seed\":\"7\"}", "seed has a value of another kind. It is a whole number")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"seed\":1.5}", "seed has a value of another kind")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"max_rounds\":99999999999}", "max_rounds has a value of another kind. It is a whole number up to 2147483647")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"goal\":\"win\"}", "one of debugging, improvement, regression")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"goal\":1}", "one of debugging, improvement, regression")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"budget\":\"lots\"}", "budget has a value of another kind. It is money")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"budget\":7}", "budget has a value of another kind. It is money")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"budget\":{\"usd\":\"7\"}}", "budget has a value of another kind. It is money")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"budget\":{\"nano_usd\":\"7\"}}", "budget has a value of another kind. It is money")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"models\":\"m\"}", "models has a value of another kind. It is a list")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"models\":[null]}", "models[0] is null")]
    [InlineData(Session, "{\"agent\":\"a\",\"dataset\":\"d\",\"budgt\":\"1usd\"}", "unknown field 'budgt'")]
    [InlineData(Feedback, "{\"items\":[null]}", "items[0] is null")]
    [InlineData(Feedback, "{\"items\":[{\"name\":null}]}", "items[0].name")]
    [InlineData(Feedback, "{\"items\":[{\"trace_id\":3,\"name\":\"x\"}]}", "items[0].trace_id")]
    [InlineData(Feedback, "{\"items\":[{\"trace_id\":\"x\"}]}", "items[0] lacks name")]
    [InlineData(Feedback, "{\"items\":[{\"trace_id\":\"a\",\"name\":\"x\",\"at\":\"yesterday\"}]}", "items[0].at has a value of another kind. It is a time")]
    [InlineData(Feedback, "{\"items\":[{\"trace_id\":\"a\",\"name\":\"x\",\"nam\":1}]}", "items[0] has an unknown field 'nam'")]
    [InlineData("/api/v1/datasets/import", "{\"agent\":\"a\",\"dataset\":\"d\",\"cases\":[null]}", "cases[0] is null")]
    [InlineData("/api/v1/datasets/build", "{\"agent\":\"a\",\"dataset\":\"d\",\"curators\":[null]}", "curators[0] is null")]
    public async Task Body_Unreadable_SaysWhatAndWhere(string path, string body, string words)
    {
        var (code, said) = await shared.Server.RefusedAsync(HttpMethod.Post, path, body, 400);

        code.ShouldBe("request-not-valid");
        said.ShouldContain(words);
    }

    [Theory]
    [InlineData("/api/v1/traces?limit=many", 400, "limit is 'many'. It is a whole number")]
    [InlineData("/api/v1/traces?since=yesterday", 400, "since is 'yesterday'. It is a time like 2026-01-31T12:00:00Z")]
    [InlineData("/api/v1/traces?has_error=perhaps", 400, "'perhaps'. It is true or false")]
    [InlineData("/api/v1/traces?purpose=fun", 422, "production, evaluation")]
    [InlineData("/api/v1/traces?cursor=nonsense", 400, "not a cursor")]
    [InlineData("/api/v1/audit?after=x", 400, "after is 'x'")]
    [InlineData("/api/v1/datasets/none/cases?split=training", 422, "search, confirm, vault")]
    public async Task Query_Unreadable_SaysWhichAndWhatBelongsThere(string path, int status, string words)
    {
        var (_, said) = await shared.Server.RefusedAsync(HttpMethod.Get, path, null, status);

        said.ShouldContain(words);
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "not-found")]
    [InlineData("GET", "/api/v1/nowhere", 404, "not-found")]
    [InlineData("GET", "/api/v2/agents", 404, "not-found")]
    [InlineData("DELETE", "/api/v1/agents", 405, "method-not-allowed")]
    [InlineData("PUT", "/api/v1/sessions", 405, "method-not-allowed")]
    public async Task Route_Unknown_IsAProblemToo(string method, string path, int status, string code) =>
        (await shared.Server.RefusedAsync(new HttpMethod(method), path, null, status)).Code.ShouldBe(code);

    [Fact]
    public async Task Body_NotMarkedAsJson_Is415()
    {
        using var content = new StringContent("agent=a", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await shared.Server.Client.PostAsync(new Uri(Session, UriKind.Relative), content, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        Calls.ShouldBeProblem(await response.Content.ReadAsStringAsync(Cancel), response.Content.Headers.ContentType, 415);
    }

    [Theory]
    [InlineData(Session, (1 << 20) + 1, 413)]
    [InlineData(Session, 1 << 20, 400)]
    [InlineData(Feedback, 2 << 20, 400)]
    public async Task Body_OfSomeSize_IsTakenUpToTheLimit(string path, int size, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Headers.ExpectContinue = true;
        request.Content = new ByteArrayContent([.. "{\"a\":\""u8, .. Enumerable.Repeat((byte)'x', size - 8), .. "\"}"u8]);
        request.Content.Headers.ContentType = new("application/json");

        using var response = await shared.Server.Client.SendAsync(request, Cancel);

        ((int)response.StatusCode).ShouldBe(status);
        Calls.ShouldBeProblem(await response.Content.ReadAsStringAsync(Cancel), response.Content.Headers.ContentType, status);
    }
}
