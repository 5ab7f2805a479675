using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>The quick way for the two commonest forms of a message: OpenTelemetry's role and parts, and a role with content and calls.</summary>
/// <remarks>One pass over the members by their bytes. A member that it does not know leaves the message to <see cref="MessageShapes"/>.</remarks>
internal static class PlainMessages
{
    /// <summary>False, and nothing is read, when the object is anything else.</summary>
    public static bool Read(JsonElement told, IMessageSink sink)
    {
        JsonElement role = default, parts = default, content = default, calls = default, finish = default;
        foreach (var member in told.EnumerateObject())
        {
            if (member.NameEquals("role"u8)) role = member.Value;
            else if (member.NameEquals("parts"u8)) parts = member.Value;
            else if (member.NameEquals("content"u8)) content = member.Value;
            else if (member.NameEquals("tool_calls"u8)) calls = member.Value;
            else if (member.NameEquals("finish_reason"u8)) finish = member.Value;
            else return false;
        }

        if (role.ValueKind != JsonValueKind.String || finish.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.String or JsonValueKind.Null)) return false;
        var who = MessageShapes.Role(role.GetString()!, "");
        if (who.Length == 0) return false;
        // What a tool answered is told by the content of its message; the other way knows how.
        if (parts.ValueKind == JsonValueKind.Array ? content.ValueKind != JsonValueKind.Undefined
            : who == "tool" || parts.ValueKind != JsonValueKind.Undefined || content.ValueKind is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Null or JsonValueKind.Undefined)) return false;
        sink.Begin(who);
        if (content.ValueKind == JsonValueKind.String)
        {
            if (content.GetString() is { Length: > 0 } text) sink.Text(text);
        }
        else
        {
            var list = parts.ValueKind == JsonValueKind.Array ? parts : content;
            if (list.ValueKind == JsonValueKind.Array)
                foreach (var part in list.EnumerateArray())
                    if (!ReadPart(part, sink)) MessageShapes.ReadPart(part, sink);
        }

        if (calls.ValueKind == JsonValueKind.Array)
            foreach (var call in calls.EnumerateArray()) MessageShapes.ReadCall(call, sink);
        sink.End(finish.ValueKind == JsonValueKind.String ? finish.GetString() : null);
        return true;
    }

    private static bool ReadPart(JsonElement part, IMessageSink sink)
    {
        if (part.ValueKind != JsonValueKind.Object) return false;
        JsonElement type = default, text = default, id = default, name = default, arguments = default, response = default;
        foreach (var member in part.EnumerateObject())
        {
            if (member.NameEquals("type"u8)) type = member.Value;
            else if (member.NameEquals("content"u8) || member.NameEquals("text"u8)) text = member.Value;
            else if (member.NameEquals("id"u8)) id = member.Value;
            else if (member.NameEquals("name"u8)) name = member.Value;
            else if (member.NameEquals("arguments"u8)) arguments = member.Value;
            else if (member.NameEquals("response"u8)) response = member.Value;
            else return false;
        }

        if (type.ValueKind != JsonValueKind.String || id.ValueKind is not (JsonValueKind.String or JsonValueKind.Undefined)) return false;
        var call = id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 } named ? named : null;
        if (text.ValueKind == JsonValueKind.String && name.ValueKind == JsonValueKind.Undefined)
        {
            var isText = type.ValueEquals("text"u8);
            if (!isText && !type.ValueEquals("reasoning"u8)) return false;
            if (text.GetString() is not { Length: > 0 } words) return true;
            if (isText) sink.Text(words);
            else sink.Reasoning(words);
            return true;
        }

        if (text.ValueKind != JsonValueKind.Undefined) return false;
        if (type.ValueEquals("tool_call"u8) && name.ValueKind == JsonValueKind.String)
        {
            sink.ToolCall(call, name.GetString()!, arguments);
            return true;
        }

        // A wrapped response is unwrapped the other way.
        if (!type.ValueEquals("tool_call_response"u8) || (response.ValueKind == JsonValueKind.Object && response.TryGetProperty("value"u8, out _))) return false;
        sink.ToolResult(call, response);
        return true;
    }
}
