using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Replies in OpenAI's chat format, whole or streamed, as the request wants it.</summary>
internal static class ChatReplies
{
    public static Func<HttpContext, Task> Text(JsonElement request, string text, double? logprob = null)
    {
        var content = JsonValue.Create(text).ToJsonString();
        var logprobs = logprob is { } value && request.TryGetProperty("logprobs", out _)
            ? $$"""{"content":[{"token":{{content}},"logprob":{{value.ToString(CultureInfo.InvariantCulture)}},"bytes":null,"top_logprobs":[]}],"refusal":null}""" : "null";
        return Answer(request, $$"""{"role":"assistant","content":{{content}},"refusal":null}""", "stop", logprobs, Pieces(text));
    }

    public static Func<HttpContext, Task> Call(JsonElement request, string tool, string arguments)
    {
        var json = JsonValue.Create(arguments).ToJsonString();
        var first = $$$"""{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"{{{tool}}}","arguments":""}}]}""";
        return Answer(
            request, $$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"{{{tool}}}","arguments":{{{json}}}}}]}""", "tool_calls", "null",
            [first, .. Cut(arguments).Select(piece => $$$"""{"tool_calls":[{"index":0,"function":{"arguments":{{{JsonValue.Create(piece).ToJsonString()}}}}}]}""")]);
    }

    /// <summary>The texts that a chat stream brought, in pieces as they came.</summary>
    public static IReadOnlyList<string> Deltas(string stream) =>
    [
        .. stream.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line[6..]).RootElement)
            .Where(chunk => chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0)
            .Select(chunk => chunk.GetProperty("choices")[0].GetProperty("delta"))
            .Select(delta => delta.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString()! : "")
            .Where(text => text.Length > 0),
    ];

    private static Func<HttpContext, Task> Answer(JsonElement request, string message, string finish, string logprobs, IReadOnlyList<string> deltas)
    {
        var model = request.GetProperty("model").GetString();
        if (!request.TryGetProperty("stream", out var stream) || !stream.GetBoolean())
        {
            return FakeModelServer.Json(200, $$$"""
                {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"{{{model}}}","choices":[{"index":0,"message":{{{message}}},"logprobs":{{{logprobs}}},"finish_reason":"{{{finish}}}"}],
                 "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
                """);
        }

        var events = deltas.Select(delta => Chunk($$"""[{"index":0,"delta":{{delta}},"finish_reason":null}]""", "null"))
            .Append(Chunk($$"""[{"index":0,"delta":{},"finish_reason":"{{finish}}"}]""", "null"))
            .Append(Chunk("[]", """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}""")).Append("data: [DONE]\n\n");
        return FakeModelServer.Pieces("text/event-stream", [.. events.Select(System.Text.Encoding.UTF8.GetBytes)]);

        string Chunk(string choices, string usage) =>
            $$$"""data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"{{{model}}}","choices":{{{choices}}},"usage":{{{usage}}}}""" + "\n\n";
    }

    private static IReadOnlyList<string> Pieces(string text) =>
        ["""{"role":"assistant","content":""}""", .. Cut(text).Select(piece => $$$"""{"content":{{{JsonValue.Create(piece).ToJsonString()}}}}""")];

    private static IEnumerable<string> Cut(string text) => text.Chunk(3).Select(piece => new string(piece));
}
