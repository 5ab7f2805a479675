using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Espalier.Testing;

namespace Espalier.Server.Tests.Fakes;

/// <summary>REST as any client sees it: paths and JSON. Each answer is also held against what OpenAPI promises.</summary>
public static class Calls
{
    private static readonly Lazy<JsonObject> Paths = new(() =>
        JsonNode.Parse(SourceFile.Read("../../../docs/reference/openapi.json"))!["paths"]!.AsObject());

    public static Task<JsonNode> GetAsync(this TrialServer server, string path, int status = 200) => server.SendAsync(HttpMethod.Get, path, null, status);

    public static Task<JsonNode> PostAsync(this TrialServer server, string path, string body, int status = 200) =>
        server.SendAsync(HttpMethod.Post, path, body, status);

    public static Task<JsonNode> PostAsync(this TrialServer server, string path, JsonNode body, int status = 200) =>
        server.SendAsync(HttpMethod.Post, path, body.ToJsonString(), status);

    /// <summary>A refusal: its code, and words for what was wrong and what to do.</summary>
    public static async Task<(string Code, string Words)> RefusedAsync(this TrialServer server, HttpMethod method, string path, string? body, int status)
    {
        var problem = await server.SendAsync(method, path, body, status);
        return (problem.Text("type")["/problems/".Length..], $"{problem.Text("title")} {problem.Text("detail")}");
    }

    public static async Task<JsonNode> SendAsync(this TrialServer server, HttpMethod method, string path, string? body, int status)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(status, $"{method} {path}: {text}");
        text.ShouldNotContain(server.Token);
        if (status >= 400) ShouldBeProblem(text, response.Content.Headers.ContentType, status);
        Documented(method, path, status);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public static void ShouldBeProblem(string text, MediaTypeHeaderValue? type, int status)
    {
        (type?.MediaType).ShouldBe("application/problem+json", text);
        var problem = JsonNode.Parse(text)!;
        problem.Text("type").ShouldStartWith("/problems/");
        problem.Text("title").ShouldNotBeEmpty();
        problem.Text("detail").ShouldNotBeEmpty();
        problem.Text("request_id").ShouldNotBeEmpty();
        ((int)problem["status"]!).ShouldBe(status);

        // Names of our types and of the framework's are no words for a caller.
        text.ShouldNotContain("Espalier.Contracts");
        text.ShouldNotContain("System.");
        text.ShouldNotContain(" at Espalier");
    }

    public static string Text(this JsonNode node, string property) =>
        (string?)node[property] ?? throw new InvalidOperationException($"{property} is missing in {node.ToJsonString()}");

    public static IReadOnlyList<JsonNode> Items(this JsonNode page) => [.. page["items"]!.AsArray().Select(item => item!)];

    private static void Documented(HttpMethod method, string path, int status)
    {
        var bare = path.Split('?')[0].TrimEnd('/');
        var known = Paths.Value.Where(one => one.Value![method.Method.ToLowerInvariant()] is not null && Fits(one.Key, bare))
            .OrderBy(one => one.Key.Count(letter => letter == '{')).FirstOrDefault();
        if (known.Key is null) return;
        var responses = known.Value![method.Method.ToLowerInvariant()]!["responses"]!.AsObject();
        responses.ContainsKey(status.ToString()).ShouldBeTrue($"{method} {known.Key} answered {status}, which OpenAPI does not know");
    }

    private static bool Fits(string template, string path)
    {
        string[] names = template.Split('/'), parts = path.Split('/');
        return names.Length == parts.Length && names.Zip(parts).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }
}
