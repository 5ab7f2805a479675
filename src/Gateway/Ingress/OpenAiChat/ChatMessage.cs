namespace Espalier.Gateway.Ingress.OpenAiChat;

/// <summary>One message of a request: what it says, and its bytes as they came.</summary>
internal sealed record ChatMessage
{
    public required string Role { get; init; }

    /// <summary>The content's text; parts are joined by line breaks, other kinds of parts are left out.</summary>
    public required string Text { get; init; }

    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>Where the value of <c>content</c> lies in <see cref="Raw"/>; empty when there is none.</summary>
    public required Range Content { get; init; }

    public bool IsInstruction => Role is "system" or "developer";

    public static ChatMessage System(string text)
    {
        var raw = Wire.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            json.WriteString("content", text);
            json.WriteEndObject();
        });
        const int before = 27; // {"role":"system","content":
        return new ChatMessage { Role = "system", Text = text, Raw = raw, Content = before..(raw.Length - 1) };
    }

    /// <summary>The same message with text added to its content's end; all other bytes stay as they are.</summary>
    public ChatMessage Append(string text)
    {
        var content = Raw[Content];
        var joined = Text.Length == 0 ? text : $"{Text}\n\n{text}";
        ReadOnlyMemory<byte> value;
        if (content.Span is [(byte)'[', ..])
        {
            var part = Wire.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("text", text);
                json.WriteEndObject();
            });
            var parts = content[1..^1];
            var separator = parts.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? ""u8.ToArray() : ","u8.ToArray();
            value = (byte[])[(byte)'[', .. parts.Span, .. separator, .. part.Span, (byte)']'];
        }
        else value = Wire.String(joined);

        var (start, length) = Content.GetOffsetAndLength(Raw.Length);
        byte[] raw = [.. Raw.Span[..start], .. value.Span, .. Raw.Span[(start + length)..]];
        return this with { Text = joined, Raw = raw, Content = start..(start + value.Length) };
    }
}
