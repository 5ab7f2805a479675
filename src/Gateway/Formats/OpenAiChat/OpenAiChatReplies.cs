using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Chat completions to and from the neutral form.</summary>
internal static class OpenAiChatReplies
{
    public static NeutralReply Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        var usage = new ChatUsageReader();
        usage.ReadBody(body.Span);
        return new NeutralReply
        {
            Id = json.Text("id") ?? "",
            Model = json.Text("model") ?? "",
            Created = json.Whole("created"),
            ServiceTier = json.Text("service_tier"),
            Usage = usage.Report().Tokens,
            Answers =
            [
                .. json.Objects("choices").Select((choice, position) => new Answer(
                    (int)(choice.Whole("index") ?? position),
                    choice.Object("message") is { } message ? [.. OpenAiChatReader.ReadSaid(message, null)] : [],
                    ReadStop(choice.Text("finish_reason")))
                {
                    Logprobs = ReadLogprobs(choice),
                }),
            ],
        };
    }

    public static ReadOnlyMemory<byte> Write(NeutralReply reply) => Wire.Write(json =>
    {
        WriteStart(json, reply.Id, reply.Model, reply.Created, "chat.completion");
        json.WriteStartArray("choices");
        foreach (var answer in reply.Answers)
        {
            json.WriteStartObject();
            json.WriteNumber("index", answer.Index);
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            var text = string.Concat(answer.Parts.OfType<Part.Text>().Select(part => part.Content));
            json.WriteString("content", text.Length == 0 && answer.Parts.Count > 0 ? null : text);
            json.WriteString("refusal", answer.Parts.OfType<Part.Refusal>().FirstOrDefault()?.Content);
            WriteThinking(json, answer.Parts);
            var calls = answer.Parts.OfType<Part.Call>().ToList();
            if (calls.Count > 0)
            {
                json.WriteStartArray("tool_calls");
                foreach (var call in calls) OpenAiChatWriter.WriteCall(json, call, null);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            WriteLogprobs(json, answer.Logprobs);
            json.WriteString("finish_reason", WriteStop(answer.Stop));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (reply.Usage is { } usage)
        {
            json.WritePropertyName("usage");
            WriteUsage(json, usage);
        }

        json.WriteIf("service_tier", reply.ServiceTier);
        json.WriteEndObject();
    });

    public static void WriteStart(Utf8JsonWriter json, string id, string model, long? created, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", kind);
        json.WriteNumber("created", created ?? 0);
        json.WriteString("model", model);
    }

    public static StopReason ReadStop(string? reason) => reason switch
    {
        "length" => StopReason.Length,
        "tool_calls" or "function_call" => StopReason.Calls,
        "content_filter" => StopReason.Filter,
        _ => StopReason.End,
    };

    public static string WriteStop(StopReason reason) => reason switch
    {
        StopReason.Length => "length",
        StopReason.Calls => "tool_calls",
        StopReason.Filter => "content_filter",
        _ => "stop",
    };

    public static IReadOnlyList<TokenLogprob> ReadLogprobs(JsonElement choice) =>
        choice.Object("logprobs") is { } logprobs ? [.. logprobs.Objects("content").Select(ReadLogprob)] : [];

    public static TokenLogprob ReadLogprob(JsonElement token) => new(
        token.Text("token") ?? "",
        token.Number("logprob") ?? 0,
        [.. token.Objects("top_logprobs").Select(other => (other.Text("token") ?? "", other.Number("logprob") ?? 0))]);

    public static void WriteLogprobs(Utf8JsonWriter json, IReadOnlyList<TokenLogprob> logprobs)
    {
        if (logprobs.Count == 0)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        foreach (var token in logprobs) WriteLogprob(json, token);
        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    public static void WriteLogprob(Utf8JsonWriter json, TokenLogprob token)
    {
        WriteToken(json, token.Token, token.Logprob);
        json.WriteStartArray("top_logprobs");
        foreach (var (text, logprob) in token.Others)
        {
            WriteToken(json, text, logprob);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        var (input, output) = (usage.InputTotal() ?? 0, usage.OutputTotal() ?? 0);
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens", input);
        json.WriteNumber("completion_tokens", output);
        json.WriteNumber("total_tokens", input + output);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", usage.CacheRead ?? 0);
        if ((usage.CacheWrite ?? 0) + (usage.CacheWriteHour ?? 0) is var written and > 0) json.WriteNumber("cache_write_tokens", written);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", usage.OutputReasoning ?? 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Reasoning as compatible servers tell it, and beside that whole, so that a client that sends its message back sends it too.</summary>
    public static void WriteThinking(Utf8JsonWriter json, IReadOnlyList<Part> parts)
    {
        var thoughts = parts.Where(part => part is Part.Thinking or Part.Hidden).ToList();
        if (thoughts.Count == 0) return;
        var shown = string.Join("\n\n", thoughts.OfType<Part.Thinking>().Select(part => part.Content).Where(text => text.Length > 0));
        if (shown.Length > 0) json.WriteString("reasoning_content", shown);
        json.WriteStartArray("thinking_blocks");
        foreach (var part in thoughts) WriteThought(json, part);
        json.WriteEndArray();
    }

    public static void WriteThought(Utf8JsonWriter json, Part part)
    {
        json.WriteStartObject();
        if (part is Part.Thinking thinking)
        {
            json.WriteString("type", "thinking");
            json.WriteString("thinking", thinking.Content);
            json.WriteIf("signature", thinking.Signature);
        }
        else
        {
            json.WriteString("type", "redacted_thinking");
            json.WriteString("data", ((Part.Hidden)part).Opaque);
        }

        json.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter json, string token, double logprob)
    {
        json.WriteStartObject();
        json.WriteString("token", token);
        json.WriteNumber("logprob", logprob);
        json.WriteStartArray("bytes");
        foreach (var one in Encoding.UTF8.GetBytes(token)) json.WriteNumberValue(one);
        json.WriteEndArray();
    }
}
