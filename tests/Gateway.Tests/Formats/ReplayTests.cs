using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Recorded exchanges through the gateway: the same bytes go up and come down, and what they cost is noted.</summary>
public sealed partial class ReplayTests
{
    [Fact]
    public async Task Post_RecordedClients_BytesPassThroughBothWays()
    {
        var root = SharedFiles.Require("captures", "wire");
        var replayed = new HashSet<string>();
        var count = 0;
        foreach (var file in Directory.GetFiles(root, "*.req.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var request = JsonDocument.Parse(await File.ReadAllBytesAsync(file, GatewayHost.Cancellation));
            var stream = file.Replace(".req.json", ".sse", StringComparison.Ordinal);
            var whole = file.Replace(".req.json", ".res.json", StringComparison.Ordinal);
            // A client that was cut off has no answer.
            if (!File.Exists(stream) && !File.Exists(whole)) continue;
            var path = request.RootElement.GetProperty("path").GetString()!;
            var headers = request.RootElement.GetProperty("headers").EnumerateObject()
                .Where(header => header.Name is "anthropic-version" or "anthropic-beta").Select(header => (header.Name, header.Value.GetString()!)).ToArray();
            var (status, reply) = (200, "");
            if (File.Exists(stream)) reply = await File.ReadAllTextAsync(stream, GatewayHost.Cancellation);
            else
            {
                using var recorded = JsonDocument.Parse(await File.ReadAllBytesAsync(whole, GatewayHost.Cancellation));
                (status, reply) = (recorded.RootElement.GetProperty("status").GetInt32(), recorded.RootElement.GetProperty("body").GetRawText());
            }

            count++;
            await ReplayAsync(file[root.Length..], path, request.RootElement.GetProperty("body").GetRawText(), headers, status, reply, File.Exists(stream));
            replayed.Add(path.Split('?')[0].Split(':')[^1].Split('/')[^1]);
        }

        // Each answer that was recorded, and each request but those whose client was cut off.
        count.ShouldBe(Directory.GetFiles(root, "*.sse", SearchOption.AllDirectories).Length + Directory.GetFiles(root, "*.res.json", SearchOption.AllDirectories).Length);
        replayed.ShouldBe(
            ["completions", "responses", "messages", "count_tokens", "embeddings", "generateContent", "streamGenerateContent", "batchEmbedContents"],
            ignoreOrder: true, "every kind of request was replayed");
    }

    [Fact]
    public async Task Post_RecordedProviders_BytesPassThroughBothWays()
    {
        var file = SharedFiles.Require("data", "recorded_llm_http", "exchanges.jsonl.gz");
        var (replayed, eligible) = (0, 0);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        while (await reader.ReadLineAsync(GatewayHost.Cancellation) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            foreach (var one in json.RootElement.GetProperty("interactions").EnumerateArray())
            {
                if (Eligible().IsMatch(one.GetProperty("uri").GetString()!) && one.GetProperty("request_body").GetString() is not (null or "") && one.GetProperty("response_body").GetString() is not (null or "")) eligible++;
                if (Path(one.GetProperty("uri").GetString()!) is not { } path) continue;
                if (one.GetProperty("request_body").GetString() is not { Length: > 0 } body || one.GetProperty("response_body").GetString() is not { Length: > 0 } reply) continue;
                var streamed = reply.StartsWith("data:", StringComparison.Ordinal) || reply.StartsWith("event:", StringComparison.Ordinal);
                await ReplayAsync(json.RootElement.GetProperty("cassette").GetString()!, path, body, [], one.GetProperty("status").GetInt32(), reply, streamed);
                replayed++;
            }
        }

        replayed.ShouldBe(eligible);
        eligible.ShouldBeGreaterThan(0);
    }

    private static async Task ReplayAsync(
        string name, string path, string body, (string Name, string Value)[] headers, int status, string reply, bool stream)
    {
        await using var server = await FakeModelServer.StartAsync(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = stream ? "text/event-stream" : "application/json";
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(reply), http.RequestAborted);
        });
        await using var host = await GatewayHost.StartAsync(server);
        var token = host.BeginUnlimited();
        var answer = await host.PostAsync(path, token, body, path.Contains("v1beta", StringComparison.Ordinal) ? "x-goog-api-key" : "authorization", headers);
        var call = server.Calls.ShouldHaveSingleItem(name);
        call.Target.ShouldBe($"POST {path.Replace("?beta=true", "", StringComparison.Ordinal)}", name);
        // The one thing that is added: that a stream's usage be told.
        if (call.Body != body)
        {
            (stream && path.EndsWith("/chat/completions", StringComparison.Ordinal)).ShouldBeTrue(name);
            ShouldOnlyAskForUsage(body, call.Body, name);
        }

        call.Headers.Values.ShouldNotContain(value => value.Contains(token, StringComparison.Ordinal), name);

        // A key that a vendor refuses is the server's and not the agent's.
        answer.Status.ShouldBe(status is 401 or 403 ? 502 : status, name);
        var attempt = (await host.SpansAsync()).SingleOrDefault(span => span.Kind == SpanKind.Attempt);
        if (stream && !IsWhole(reply))
        {
            answer.Body.ShouldStartWith(reply.TrimEnd('\n'), Case.Sensitive, name);
            answer.Body.ShouldContain("\"error\"", Case.Sensitive, name);
            return;
        }

        if (status is not (401 or 403)) answer.Body.ShouldBe(reply, name);
        if (status != 200 || attempt is null) return;
        attempt.Error.ShouldBeNull(name);
        attempt.Output.ShouldNotBeNull(name);
        string[] told = ["\"prompt_tokens\"", "\"input_tokens\"", "\"promptTokenCount\""];
        if (told.Any(count => reply.Contains(count, StringComparison.Ordinal))) attempt.Attributes.ContainsKey("usage").ShouldBeFalse(name);
    }

    // All bytes of all other members, in their order, and of stream_options all but that one wish.
    private static void ShouldOnlyAskForUsage(string sent, string arrived, string name)
    {
        using var given = JsonDocument.Parse(sent);
        using var got = JsonDocument.Parse(arrived);
        Others(got.RootElement, "stream_options").ShouldBe(Others(given.RootElement, "stream_options"), name);
        var options = got.RootElement.GetProperty("stream_options");
        options.GetProperty("include_usage").GetBoolean().ShouldBeTrue(name);
        if (given.RootElement.TryGetProperty("stream_options", out var before) && before.ValueKind == JsonValueKind.Object)
            Others(options, "include_usage").ShouldBe(Others(before, "include_usage"), name);
        else Others(options, "include_usage").ShouldBeEmpty(name);
        // What lies between members stays too: without what was put in there is nothing but what was sent.
        if (!given.RootElement.TryGetProperty("stream_options", out _)) arrived.Replace(",\"stream_options\":{\"include_usage\":true}", "", StringComparison.Ordinal).ShouldBe(sent, name);

        static IReadOnlyList<(string, string)> Others(JsonElement json, string but) => [.. json.EnumerateObject().Where(member => member.Name != but).Select(member => (member.Name, member.Value.GetRawText()))];
    }

    // Said once more and in another way than Path has it: what is counted must not depend on what is replayed.
    [GeneratedRegex(@"^https://(?:(?:api\.openai\.com|api\.groq\.com|api\.together\.ai|api\.mistral\.ai)/[^?]*/(?:chat/completions|responses|embeddings)(?:[?#].*)?|api\.anthropic\.com/v1/messages(?:\?.*)?|generativelanguage\.googleapis\.com/v1beta/models/.+)$")]
    private static partial Regex Eligible();

    private static bool IsWhole(string reply) =>
        reply.Contains("\"finish_reason\":\"", StringComparison.Ordinal) || reply.Contains("\"finish_reason\": \"", StringComparison.Ordinal)
        || reply.Contains("[DONE]", StringComparison.Ordinal) || reply.Contains("message_stop", StringComparison.Ordinal)
        || reply.Contains("response.completed", StringComparison.Ordinal) || reply.Contains("response.incomplete", StringComparison.Ordinal)
        || reply.Contains("response.failed", StringComparison.Ordinal) || reply.Contains("finishReason", StringComparison.Ordinal);

    /// <summary>The path under which the gateway has what a provider has at this address; null when it has it not.</summary>
    private static string? Path(string address)
    {
        var (host, path) = (new Uri(address).Host, new Uri(address).PathAndQuery);
        if (host is "api.openai.com" or "api.groq.com" or "api.together.ai" or "api.mistral.ai")
        {
            foreach (var end in (string[])["/chat/completions", "/responses", "/embeddings"])
                if (path.Split('?')[0].EndsWith(end, StringComparison.Ordinal)) return "/v1" + end;
        }

        if (host == "api.anthropic.com" && path.Split('?')[0] == "/v1/messages") return "/v1/messages";
        return host == "generativelanguage.googleapis.com" && path.StartsWith("/v1beta/models/", StringComparison.Ordinal) ? WithoutKey(path) : null;
    }

    private static string WithoutKey(string path) => path.Contains("alt=sse", StringComparison.Ordinal) ? path.Split('?')[0] + "?alt=sse" : path.Split('?')[0];
}
