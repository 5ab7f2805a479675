using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing;

namespace Espalier.Gateway.Tests.Ingress;

/// <summary>Requests that real clients sent, and the shape of the answers that they understand.</summary>
public sealed class WireTests
{
    public static TheoryData<string> Requests => new(
        from folder in Directory.GetDirectories(SourceFile.Path("Wire"))
        from file in Directory.GetFiles(folder, "*.req.json")
        let name = Path.Combine("Wire", Path.GetFileName(folder), Path.GetFileName(file))
        orderby name
        select name);

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Post_RealClientsRequest_IsAnsweredInTheShapeItKnows(string file)
    {
        await using var host = await GatewayHost.StartAsync();
        var request = JsonNode.Parse(SourceFile.Read(file))!["body"]!;
        request["model"] = "local/char-nn";
        var answer = await host.PostAsync(host.Begin(), request.ToJsonString());
        answer.Status.ShouldBe(200, answer.Body);
        if (request["stream"]?.GetValue<bool>() != true)
        {
            ShouldHaveShape(answer.Json, JsonNode.Parse(SourceFile.Read(file.Replace("req.json", "res.json")))!["body"]!);
            return;
        }

        answer.ContentType.ShouldBe("text/event-stream");
        var events = Events(answer.Body);
        events[^1].ShouldBe("[DONE]");
        ShouldHaveShape(JsonDocument.Parse(events[^2]).RootElement, JsonNode.Parse(Events(SourceFile.Read(file.Replace("req.json", "sse")))[^2])!);
        JsonDocument.Parse(events[^2]).RootElement.GetProperty("choices").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Post_Garbage_IsRefusedInOpenAisFormAndSaysWhere()
    {
        await using var host = await GatewayHost.StartAsync();
        var answer = await host.PostAsync(host.Begin(), "{\"model\":\"m\",\n\"messages\":[}");
        answer.Status.ShouldBe(400);
        answer.Error.EnumerateObject().Select(member => member.Name).ShouldBe(["message", "type", "param", "code"]);
        answer.Error.GetProperty("message").GetString()!.ShouldContain("line 2");
    }

    [Fact]
    public async Task Post_TooLarge_Is413()
    {
        await using var host = await GatewayHost.StartAsync(options => options.MaxBodyBytes = 2048);
        (await host.PostAsync(host.Begin(), Prompts.Chat("local/char-nn", new string('x', 5000)))).Status.ShouldBe(413);
    }

    [Fact]
    public async Task Post_LargerThanTheWebServersOwnLimit_IsAnswered()
    {
        await using var host = await GatewayHost.StartAsync();
        var answer = await host.PostAsync(host.Begin(GatewayHost.Context(new Contracts.Shared.Usd(long.MaxValue))), Prompts.Chat("local/word-nn", new string('x', 31_000_000)));
        answer.Status.ShouldBe(200, answer.Body);
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("authorization", "bearer ")]
    [InlineData("x-api-key", "")]
    [InlineData("x-goog-api-key", "")]
    public async Task Post_KeyInAnyVendorsHeader_IsAccepted(string header, string prefix)
    {
        await using var host = await GatewayHost.StartAsync();
        (await SendAsync(host, (header, prefix + host.Begin()))).ShouldBe(200);
    }

    [Fact]
    public async Task Post_NoUnknownUnboundOrTwoKeys_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        (await SendAsync(host)).ShouldBe(401);
        (await SendAsync(host, ("x-api-key", "sk-foreign"))).ShouldBe(401);
        (await SendAsync(host, ("x-api-key", host.Tokens.Issue()))).ShouldBe(401);
        (await SendAsync(host, ("x-api-key", host.Begin()), ("x-goog-api-key", host.Begin()))).ShouldBe(400);
        var answer = await host.PostAsync("espr_x", Prompts.Chat("local/char-nn", "x"));
        answer.Error.GetProperty("code").GetString().ShouldBe("invalid_api_key");
    }

    [Fact]
    public async Task Post_UnknownModel_Is404WithKnownNamesAndHowToAddMore()
    {
        await using var host = await GatewayHost.StartAsync();
        foreach (var model in (string[])["gpt-4.1-mini", "local/none", "openai/x"])
        {
            var answer = await host.PostAsync(host.Begin(), Prompts.Chat(model, "x"));
            answer.Status.ShouldBe(404);
            answer.Error.GetProperty("code").GetString().ShouldBe("model_not_found");
            answer.Error.GetProperty("message").GetString()!.ShouldContain("local/word-nn");
            answer.Error.GetProperty("message").GetString()!.ShouldContain("OPENAI_BASE_URL");
        }
    }

    [Fact]
    public async Task Get_Models_ListsSlotsAndModels()
    {
        await using var host = await GatewayHost.StartAsync(files: ("models.yaml", "slots: { triage: { model: local/char-nn } }"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("x-api-key", host.Begin());
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(GatewayHost.Cancellation)).RootElement;
        json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()).ShouldBe(["triage", "local/word-nn", "local/char-nn"]);
    }

    private static async Task<int> SendAsync(GatewayHost host, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Prompts.Chat("local/char-nn", "late parcel"), Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await host.Http.SendAsync(request, GatewayHost.Cancellation);
        return (int)response.StatusCode;
    }

    private static string[] Events(string body) =>
        [.. body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])];

    // Every member that the recorded server sent is there with the same kind of value; what it says is another model's business.
    private static void ShouldHaveShape(JsonElement actual, JsonNode expected)
    {
        foreach (var (name, value) in expected.AsObject())
        {
            if (name is "tool_calls" or "content" or "system_fingerprint") continue;
            actual.TryGetProperty(name, out var found).ShouldBeTrue(name);
            if (value is JsonObject) ShouldHaveShape(found, value);
            else if (value is JsonArray { Count: > 0 } array && array[0] is JsonObject) ShouldHaveShape(found[0], array[0]!);
            else if (value is not null && name != "finish_reason") found.ValueKind.ShouldBe(value.GetValueKind(), name);
        }
    }
}
