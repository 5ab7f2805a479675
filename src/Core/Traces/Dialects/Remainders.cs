using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Espalier.Core.Traces.Dialects;

/// <summary>What is left of a request or an answer told as one JSON, when that which has a place of its own is taken out.</summary>
internal static class Remainders
{
    private static readonly HashSet<string> OfRequests = new(StringComparer.Ordinal)
    {
        "messages", "contents", "prompt", "input", "system", "instructions", "systemInstruction", "system_instruction", "role", "content", "parts", "model", "config",
    };

    private static readonly HashSet<string> OfAnswers = new(StringComparer.Ordinal)
    {
        "id", "object", "created", "created_at", "type", "model", "modelVersion", "responseId", "choices", "candidates", "generations", "output", "message", "role", "content", "parts", "text",
        "tool_calls", "toolCalls", "usage", "usageMetadata", "usage_metadata", "finish_reason", "finishReason", "stop_reason", "partial",
    };

    /// <summary>Null when nothing is left.</summary>
    public static string? OfRequest(JsonElement told, bool withTools) => Of(told, OfRequests, withTools);

    public static string? OfAnswer(JsonElement told) => Of(told, OfAnswers, withTools: true);

    private static string? Of(JsonElement told, HashSet<string> taken, bool withTools)
    {
        if (told.ValueKind != JsonValueKind.Object || !told.EnumerateObject().Any(member => IsLeft(member, taken, withTools) || HasMore(member, withTools))) return null;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var member in told.EnumerateObject())
            {
                if (IsLeft(member, taken, withTools))
                {
                    member.WriteTo(writer);
                }
                else if (HasMore(member, withTools))
                {
                    writer.WriteStartObject(member.Name);
                    foreach (var inner in member.Value.EnumerateObject())
                        if (IsLeft(inner, OfRequests, withTools)) inner.WriteTo(writer);
                    writer.WriteEndObject();
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool IsLeft(JsonProperty member, HashSet<string> taken, bool withTools) => !taken.Contains(member.Name) && (withTools || member.Name != "tools");

    // Gemini puts the instructions and the tools among the settings.
    private static bool HasMore(JsonProperty member, bool withTools) =>
        member.Name == "config" && member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().Any(inner => IsLeft(inner, OfRequests, withTools));
}
