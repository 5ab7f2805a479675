using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Messages to and from the neutral form.</summary>
internal static class AnthropicReplies
{
    public static NeutralReply Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        var usage = new MessagesUsageReader();
        usage.ReadBody(body.Span);
        var parts = json.Member("content") is { } content ? AnthropicReader.ReadBlocks(content, "content", null) : [];
        return new NeutralReply
        {
            Id = json.Text("id") ?? "",
            Model = json.Text("model") ?? "",
            Usage = usage.Report().Tokens,
            Answers = [new Answer(0, [.. parts], ReadStop(json.Text("stop_reason"))) { StopSequence = json.Text("stop_sequence") }],
        };
    }

    public static ReadOnlyMemory<byte> Write(NeutralReply reply, Dropped dropped) => Wire.Write(json =>
    {
        dropped.AddIf(reply.Answers.Count > 1, "choices");
        var answer = reply.Answers.Count > 0 ? reply.Answers[0] : new Answer(0, [], StopReason.End);
        dropped.AddIf(answer.Logprobs.Count > 0, "logprobs");
        json.WriteStartObject();
        WriteStart(json, reply.Id, reply.Model);
        json.WriteStartArray("content");
        foreach (var part in answer.Parts) AnthropicWriter.WriteBlock(json, part, null);
        json.WriteEndArray();
        json.WriteString("stop_reason", WriteStop(answer.Stop));
        json.WriteString("stop_sequence", answer.StopSequence);
        json.WritePropertyName("usage");
        WriteUsage(json, reply.Usage);
        json.WriteEndObject();
    });

    public static void WriteStart(Utf8JsonWriter json, string id, string model)
    {
        json.WriteString("id", id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", model);
    }

    public static StopReason ReadStop(string? reason) => reason switch
    {
        "max_tokens" or "model_context_window_exceeded" => StopReason.Length,
        "tool_use" => StopReason.Calls,
        "stop_sequence" => StopReason.Sequence,
        "refusal" => StopReason.Filter,
        "pause_turn" => StopReason.Pause,
        _ => StopReason.End,
    };

    public static string WriteStop(StopReason reason) => reason switch
    {
        StopReason.Length => "max_tokens",
        StopReason.Calls => "tool_use",
        StopReason.Sequence => "stop_sequence",
        StopReason.Filter => "refusal",
        StopReason.Pause => "pause_turn",
        _ => "end_turn",
    };

    public static void WriteUsage(Utf8JsonWriter json, TokenUsage? usage)
    {
        json.WriteStartObject();
        json.WriteNumber("input_tokens", (usage?.InputUncached ?? 0) + (usage?.InputAudio ?? 0));
        json.WriteNumber("cache_creation_input_tokens", (usage?.CacheWrite ?? 0) + (usage?.CacheWriteHour ?? 0));
        json.WriteNumber("cache_read_input_tokens", usage?.CacheRead ?? 0);
        if (usage is { CacheWriteHour: { } hour })
        {
            json.WriteStartObject("cache_creation");
            json.WriteNumber("ephemeral_5m_input_tokens", usage.CacheWrite ?? 0);
            json.WriteNumber("ephemeral_1h_input_tokens", hour);
            json.WriteEndObject();
        }

        json.WriteNumber("output_tokens", usage?.OutputTotal() ?? 0);
        json.WriteEndObject();
    }
}
