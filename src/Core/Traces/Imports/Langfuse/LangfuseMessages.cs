using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.Langfuse;

/// <summary>Tells messages apart from what integrations of Langfuse put among them.</summary>
internal static class LangfuseMessages
{
    /// <summary>The input without definitions of tools, and those by themselves; both as JSON, null when there are none.</summary>
    /// <remarks>The integration of LangChain appends them as messages of the role <c>tool</c> whose content is the definition.</remarks>
    public static (string? Input, string? Tools) Input(JsonElement? told)
    {
        using var parsed = Parsed(told);
        if (parsed is not { RootElement: { ValueKind: JsonValueKind.Array } list } || !list.EnumerateArray().Any(one => Definition(one) is not null)) return (Json.Plain(told), null);
        return (
            Write(list.EnumerateArray().Where(one => Definition(one) is null)),
            Write(list.EnumerateArray().Select(Definition).OfType<JsonElement>()));
    }

    /// <summary>The output; a list of bare tool calls, as the AI SDK tells them, gets the types that tell them from texts.</summary>
    public static string? Output(JsonElement? told)
    {
        using var parsed = Parsed(told);
        if (parsed is not { RootElement: { ValueKind: JsonValueKind.Array } list } || list.GetArrayLength() == 0) return Json.Plain(told);
        if (!list.EnumerateArray().All(one => Json.Text(one, "toolName") is not null && Json.Text(one, "toolCallId") is not null && Json.Get(one, "type") is null)) return Json.Plain(told);
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = Writer(buffer);
        writer.WriteStartArray();
        foreach (var call in list.EnumerateArray())
        {
            writer.WriteStartObject();
            writer.WriteString("type", "tool-call");
            foreach (var field in call.EnumerateObject()) field.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonElement? Definition(JsonElement message) =>
        Json.Text(message, "role") == "tool" && Json.Get(message, "tool_call_id") is null
        && Json.Get(message, "content") is { ValueKind: JsonValueKind.Object } content && Json.Get(content, "function") is { ValueKind: JsonValueKind.Object } function
        && Json.Text(function, "name") is not null && Json.Get(function, "arguments") is null
            ? content
            : null;

    private static JsonDocument? Parsed(JsonElement? told) => Json.Plain(told) is { } text ? LenientJson.ParseText(text) : null;

    private static string Write(IEnumerable<JsonElement> list)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = Writer(buffer);
        writer.WriteStartArray();
        foreach (var one in list) one.WriteTo(writer);
        writer.WriteEndArray();
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Utf8JsonWriter Writer(ArrayBufferWriter<byte> buffer) => new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
