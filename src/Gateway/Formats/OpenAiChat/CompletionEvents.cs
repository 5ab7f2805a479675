using System.Text.Json;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Tells a whole chat completion as a stream: for a client that streams while the gateway had to see the answer first.</summary>
internal static class CompletionEvents
{
    public static IEnumerable<StreamEvent> Of(ReadOnlyMemory<byte> body, bool includeUsage)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        foreach (var choice in root.GetProperty("choices").EnumerateArray())
        {
            yield return Chunk(root, includeUsage, writer => WriteChoice(writer, choice, finished: false));
            yield return Chunk(root, includeUsage, writer => WriteChoice(writer, choice, finished: true));
        }

        if (includeUsage)
        {
            yield return EventText.Event(null, Wire.Write(writer =>
            {
                Begin(writer, root);
                writer.WriteStartArray("choices");
                writer.WriteEndArray();
                writer.WritePropertyName("usage");
                if (root.TryGetProperty("usage", out var usage)) usage.WriteTo(writer);
                else writer.WriteNullValue();
                writer.WriteEndObject();
            }));
        }

        yield return EventText.Event(null, "[DONE]"u8.ToArray());
    }

    private static StreamEvent Chunk(JsonElement root, bool includeUsage, Action<Utf8JsonWriter> writeChoice) => EventText.Event(null, Wire.Write(writer =>
    {
        Begin(writer, root);
        writer.WriteStartArray("choices");
        writeChoice(writer);
        writer.WriteEndArray();
        if (includeUsage) writer.WriteNull("usage");
        writer.WriteEndObject();
    }));

    private static void Begin(Utf8JsonWriter writer, JsonElement root)
    {
        writer.WriteStartObject();
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is "choices" or "usage") continue;
            if (member.Name == "object") writer.WriteString("object", "chat.completion.chunk");
            else member.WriteTo(writer);
        }
    }

    private static void WriteChoice(Utf8JsonWriter writer, JsonElement choice, bool finished)
    {
        writer.WriteStartObject();
        foreach (var member in choice.EnumerateObject())
        {
            switch (member.Name)
            {
                case "message":
                    writer.WriteStartObject("delta");
                    if (!finished) WriteDelta(writer, member.Value);
                    writer.WriteEndObject();
                    break;
                case "finish_reason" or "logprobs" when finished == (member.Name == "logprobs"):
                    writer.WriteNull(member.Name);
                    break;
                default:
                    member.WriteTo(writer);
                    break;
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteDelta(Utf8JsonWriter writer, JsonElement message)
    {
        foreach (var member in message.EnumerateObject())
        {
            if (member.Name != "tool_calls" || member.Value.ValueKind != JsonValueKind.Array)
            {
                member.WriteTo(writer);
                continue;
            }

            // In a stream each call says which one it is.
            writer.WriteStartArray("tool_calls");
            foreach (var (i, call) in member.Value.EnumerateArray().Index())
            {
                writer.WriteStartObject();
                writer.WriteNumber("index", i);
                foreach (var part in call.EnumerateObject().Where(part => part.Name != "index")) part.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }
}
