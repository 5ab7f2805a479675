using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Formats.Prompts;

/// <summary>The list of messages of a request: read from its bytes, and joined to bytes again.</summary>
internal static class MessageList
{
    /// <param name="request">Whose bytes are read.</param>
    /// <param name="name">The member.</param>
    /// <param name="textPart">How a part of text begins.</param>
    /// <param name="reader">Stands on the list.</param>
    /// <param name="roleOf">The gateway's word for a role; null when there is no such role.</param>
    /// <param name="roles">The roles, for people.</param>
    public static List<PromptMessage> Read(
        WireRequest request, string name, ReadOnlyMemory<byte> textPart, ref Utf8JsonReader reader, Func<string, string?> roleOf, string roles)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw WireReader.Wrong(name, "an array");
        var messages = new List<PromptMessage>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw WireReader.Wrong($"{name}[{messages.Count}]", "an object");
            var (role, raw, said, onlyResults) = ReadMessage(request, ref reader);
            if ((role is null ? null : roleOf(role)) is not { } known) throw WireReader.Wrong($"{name}[{messages.Count}].role", $"a string: {roles}");
            messages.Add(new PromptMessage { Role = onlyResults && known == "user" ? "tool" : known, Raw = raw, Content = said, TextPart = textPart });
        }

        return messages;
    }

    public static ReadOnlyMemory<byte> Join(IReadOnlyList<PromptMessage> messages)
    {
        var output = new MemoryStream(messages.Sum(message => message.Raw.Length + 1) + 2);
        output.WriteByte((byte)'[');
        foreach (var message in messages)
        {
            if (message.IsApart) continue;
            if (output.Length > 1) output.WriteByte((byte)',');
            output.Write(message.Raw.Span);
        }

        output.WriteByte((byte)']');
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>Role, bytes, where in them the content lies, and whether it holds nothing but results of tools.</summary>
    private static (string? Role, ReadOnlyMemory<byte> Raw, Range Content, bool OnlyResults) ReadMessage(WireRequest request, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        string? role = null;
        Range content = default;
        var onlyResults = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isRole, isContent) = (reader.ValueTextEquals("role"u8), reader.ValueTextEquals("content"u8));
            reader.Read();
            var at = (int)reader.TokenStartIndex;
            if (isRole && reader.TokenType == JsonTokenType.String) role = reader.GetString();
            else if (isContent && reader.TokenType == JsonTokenType.StartArray) onlyResults = ReadParts(ref reader);
            else reader.Skip();
            if (isContent) content = (at - start)..((int)reader.BytesConsumed - start);
        }

        return (role, request.Body[start..(int)reader.BytesConsumed], content, onlyResults);
    }

    private static bool ReadParts(ref Utf8JsonReader reader)
    {
        var (parts, results) = (0, 0);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            parts++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var isResult = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                isResult |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("tool_result"u8);
                reader.Skip();
            }

            if (isResult) results++;
        }

        return parts > 0 && results == parts;
    }
}
