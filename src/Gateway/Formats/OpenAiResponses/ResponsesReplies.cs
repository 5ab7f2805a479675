using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Responses to and from the neutral form.</summary>
internal static class ResponsesReplies
{
    public static NeutralReply Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        var usage = new ResponsesUsageReader();
        usage.ReadBody(body.Span);
        List<Part> parts = [.. json.Objects("output").SelectMany(element => ReadElement(element) ?? [])];
        return new NeutralReply
        {
            Id = json.Text("id") ?? "",
            Model = json.Text("model") ?? "",
            Created = json.Whole("created_at"),
            ServiceTier = json.Text("service_tier"),
            Usage = usage.Report().Tokens,
            Answers =
            [
                new Answer(0, parts, ReadStop(json, parts.Exists(part => part is Part.Call)))
                {
                    Logprobs = [.. json.Objects("output").SelectMany(element => element.Objects("content")).SelectMany(part => part.Objects("logprobs")).Select(OpenAiChatReplies.ReadLogprob)],
                },
            ],
        };
    }

    public static ReadOnlyMemory<byte> Write(NeutralReply reply, Dropped dropped)
    {
        dropped.AddIf(reply.Answers.Count > 1, "choices");
        var answer = reply.Answers.Count > 0 ? reply.Answers[0] : new Answer(0, [], StopReason.End);
        return Wire.Write(json => WriteResponse(json, reply, answer.Stop, () =>
        {
            var items = new ResponseItems(reply.Id);
            foreach (var part in answer.Parts) items.Add(part, part is Part.Text ? answer.Logprobs : []);
            items.Write(json);
        }));
    }

    /// <summary>A response as clients know it; what was asked for is not repeated, and has its usual values.</summary>
    public static void WriteResponse(Utf8JsonWriter json, NeutralReply reply, StopReason? stop, Action writeOutput)
    {
        var incomplete = stop switch { StopReason.Length => "max_output_tokens", StopReason.Filter => "content_filter", _ => null };
        json.WriteStartObject();
        json.WriteString("id", ResponseId(reply.Id));
        json.WriteString("object", "response");
        json.WriteNumber("created_at", reply.Created ?? 0);
        json.WriteString("status", stop is null ? "in_progress" : incomplete is null ? "completed" : "incomplete");
        json.WriteBoolean("background", false);
        json.WriteNull("error");
        if (incomplete is null) json.WriteNull("incomplete_details");
        else
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", incomplete);
            json.WriteEndObject();
        }

        json.WriteNull("instructions");
        json.WriteNull("max_output_tokens");
        json.WriteString("model", reply.Model);
        json.WriteStartArray("output");
        writeOutput();
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteNull("previous_response_id");
        json.WriteBoolean("store", false);
        json.WriteNumber("temperature", 1);
        json.WriteStartObject("text");
        json.WriteStartObject("format");
        json.WriteString("type", "text");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteNumber("top_p", 1);
        json.WriteString("truncation", "disabled");
        json.WriteIf("service_tier", reply.ServiceTier);
        json.WritePropertyName("usage");
        if (reply.Usage is { } usage) WriteUsage(json, usage);
        else json.WriteNullValue();
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static IReadOnlyList<Part>? ReadElement(JsonElement element)
    {
        // Reasoning without a word to show is the provider's own, not ours to merge.
        var parts = ResponsesReader.ReadSaid(element, null);
        return parts;
    }

    public static StopReason ReadStop(JsonElement response, bool calls) => response.Object("incomplete_details")?.Text("reason") switch
    {
        "max_output_tokens" => StopReason.Length,
        "content_filter" => StopReason.Filter,
        _ => calls ? StopReason.Calls : StopReason.End,
    };

    public static string ResponseId(string id) => id.StartsWith("resp_", StringComparison.Ordinal) ? id : $"resp_{id}";

    private static void WriteUsage(Utf8JsonWriter json, TokenUsage usage)
    {
        var (input, output) = (usage.InputTotal() ?? 0, usage.OutputTotal() ?? 0);
        json.WriteStartObject();
        json.WriteNumber("input_tokens", input);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", usage.CacheRead ?? 0);
        if ((usage.CacheWrite ?? 0) + (usage.CacheWriteHour ?? 0) is var written and > 0) json.WriteNumber("cache_write_tokens", written);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", output);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", usage.OutputReasoning ?? 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", input + output);
        json.WriteEndObject();
    }
}
