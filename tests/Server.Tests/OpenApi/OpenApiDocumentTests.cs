using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;
using Espalier.Testing;

namespace Espalier.Server.Tests.OpenApi;

public sealed class OpenApiDocumentTests(SharedServer shared)
{
    private static readonly string[] Verbs = ["get", "post", "put", "patch", "delete"];

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Document_OfThisBuild_IsTheOneInTheReference()
    {
        var document = await ReadAsync();

        Golden.MatchFile(document.ToJsonString(Indented) + "\n", SourceFile.Path("../../../docs/reference/openapi.json"));
    }

    [Fact]
    public async Task Operations_All_HaveIdSummaryTagAndProblems()
    {
        var operations = Operations(await ReadAsync()).ToList();

        operations.Count.ShouldBeGreaterThan(30);
        operations.Select(one => (string?)one.Operation["operationId"]).ShouldBeUnique();
        foreach (var (path, verb, operation) in operations)
        {
            var name = $"{verb} {path}";
            ((string?)operation["operationId"]).ShouldNotBeNull(name).ShouldMatch("^[a-z]+_[a-z_]+$", name);
            ((string?)operation["summary"]).ShouldNotBeNullOrEmpty(name);
            operation["tags"]!.AsArray().Count.ShouldBe(1, name);
            var responses = operation["responses"]!.AsObject();
            responses.ShouldContain(response => response.Key.StartsWith('2'), name);
            if (path is not ("/healthz" or "/readyz" or "/version"))
            {
                responses.ContainsKey("401").ShouldBeTrue(name);
                operation["security"].ShouldNotBeNull(name);
            }

            foreach (var (status, response) in responses.Where(response => response.Key[0] is '4' or '5'))
            {
                ((string?)response!["content"]?["application/problem+json"]?["schema"]?["$ref"]).ShouldBe("#/components/schemas/Problem", $"{name} {status}");
                ((string?)response["description"]).ShouldNotBeNullOrEmpty($"{name} {status}");
            }
        }
    }

    [Fact]
    public async Task Schemas_All_AreSnakeCaseAndStrict()
    {
        var document = await ReadAsync();
        var schemas = document["components"]!["schemas"]!.AsObject();
        schemas.Count.ShouldBeGreaterThan(40);
        foreach (var (name, schema) in schemas)
        {
            foreach (var (property, value) in schema!["properties"]?.AsObject() ?? [])
            {
                property.ShouldMatch("^[a-z][a-z0-9_]*$", $"{name}.{property}");
                value!.AsObject().Count.ShouldBeGreaterThan(0, $"{name}.{property} says nothing");
                var types = value["type"] is JsonArray several ? [.. several.Select(one => (string)one!)] : value["type"] is { } one ? new[] { (string)one! } : [];
                if (types.Contains("integer") || types.Contains("number")) types.ShouldNotContain("string", $"{name}.{property}");
                if (types.Contains("array")) value["items"].ShouldNotBeNull($"{name}.{property}").AsObject().Count.ShouldBeGreaterThan(0, $"{name}.{property}");
            }

            foreach (var word in schema["enum"]?.AsArray() ?? []) ((string)word!).ShouldMatch("^[a-z][a-z_]*$", name);
        }

        foreach (var (_, _, operation) in Operations(document))
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
                ((string)parameter!["name"]!).ShouldMatch("^[a-z][a-z_]*$");
    }

    [Theory]
    [InlineData("AgentSummary", "head")]
    [InlineData("Case", "id")]
    [InlineData("DatasetRevision", "id")]
    [InlineData("Release", "id")]
    [InlineData("SessionSummary", "id")]
    [InlineData("TraceSummary", "trace_id")]
    [InlineData("Case", "trace")]
    public async Task Ids_InSchemas_AreStrings(string schema, string property)
    {
        var schemas = (await ReadAsync())["components"]!["schemas"]!;
        var found = schemas[schema]!["properties"]![property]!;
        var reference = (string?)(found["$ref"] ?? found["oneOf"]?.AsArray().Last()?["$ref"]);

        ((string?)schemas[reference.ShouldNotBeNull().Split('/')[^1]]!["type"]).ShouldBe("string");
    }

    [Fact]
    public async Task Money_InSchemas_IsNanoDollarsAndWords()
    {
        var usd = (await ReadAsync())["components"]!["schemas"]!["Usd"]!;

        ((string?)usd["properties"]!["nano_usd"]!["type"]).ShouldBe("integer");
        ((string?)usd["properties"]!["nano_usd"]!["format"]).ShouldBe("int64");
        ((string?)usd["properties"]!["usd"]!["type"]).ShouldBe("string");
    }

    private static IEnumerable<(string Path, string Verb, JsonObject Operation)> Operations(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from verb in path.Value!.AsObject()
        where Verbs.Contains(verb.Key)
        select (path.Key, verb.Key, verb.Value!.AsObject());

    private async Task<JsonNode> ReadAsync() =>
        JsonNode.Parse(await shared.Server.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken))!;
}
