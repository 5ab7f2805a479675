using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Prompts;

/// <summary>One message of a request in any wire format: who says it, what it says, and its bytes as they came.</summary>
internal sealed record PromptMessage
{
    private string? _text;

    /// <summary><c>system</c>, <c>developer</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>, whatever the format calls it.</summary>
    public required string Role { get; init; }

    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>Where its content lies in <see cref="Raw"/>: a string or an array of parts; empty when there is none.</summary>
    public required Range Content { get; init; }

    /// <summary>How a part of text begins in this format, up to the text: <c>{"type":"text","text":</c>.</summary>
    public required ReadOnlyMemory<byte> TextPart { get; init; }

    /// <summary>Instructions that have a member of the request of their own and are not among its messages.</summary>
    public bool IsApart { get; init; }

    /// <summary>The content's text; parts are joined by line breaks, other kinds of parts are left out.</summary>
    public string Text => _text ??= ReadText();

    public bool IsInstruction => Role is "system" or "developer";

    public bool HasContent => !Raw[Content].IsEmpty;

    /// <summary>The same message with text added to its content's end; all other bytes stay as they are.</summary>
    public PromptMessage Append(string text)
    {
        var content = Raw[Content];
        var joined = Text.Length == 0 ? text : $"{Text}\n\n{text}";
        byte[] value;
        if (content.Span is [(byte)'[' or (byte)'{', ..])
        {
            var parts = content.Span[0] == (byte)'{' ? content : content[1..^1];
            var separator = parts.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? ""u8 : ","u8;
            value = [(byte)'[', .. parts.Span, .. separator, .. TextPart.Span, .. Wire.String(text).Span, (byte)'}', (byte)']'];
        }
        else value = Wire.String(joined).ToArray();

        var (start, length) = Content.GetOffsetAndLength(Raw.Length);
        byte[] raw = [.. Raw.Span[..start], .. value, .. Raw.Span[(start + length)..]];
        return this with { _text = joined, Raw = raw, Content = start..(start + value.Length) };
    }

    /// <summary>The same message with each of its texts replaced, those of tool calls and results too; the same object when none changes.</summary>
    public PromptMessage Rewrite(Func<string, string> rewrite)
    {
        var (start, end) = (Content.Start.GetOffset(Raw.Length), Content.End.GetOffset(Raw.Length));
        var (from, to) = (start, end);
        var raw = JsonTexts.Rewrite(Raw, rewrite, (at, longer) =>
        {
            if (at < start) from += longer;
            if (at < end) to += longer;
        });
        return raw.Equals(Raw) ? this : this with { _text = null, Raw = raw, Content = from..to };
    }

    /// <summary>The same message with text added before its content's; all other bytes stay as they are.</summary>
    public PromptMessage Prepend(string text)
    {
        var content = Raw[Content];
        byte[] value;
        if (content.Span is [(byte)'[' or (byte)'{', ..])
        {
            var parts = content.Span[0] == (byte)'{' ? content : content[1..^1];
            var separator = parts.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? ""u8 : ","u8;
            value = [(byte)'[', .. TextPart.Span, .. Wire.String(text).Span, (byte)'}', .. separator, .. parts.Span, (byte)']'];
        }
        else value = Wire.String(Text.Length == 0 ? text : $"{text}\n\n{Text}").ToArray();

        var (start, length) = Content.GetOffsetAndLength(Raw.Length);
        byte[] raw = [.. Raw.Span[..start], .. value, .. Raw.Span[(start + length)..]];
        return this with { _text = null, Raw = raw, Content = start..(start + value.Length) };
    }

    private string ReadText()
    {
        try
        {
            return WireReader.TextOf(Raw[Content].Span);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            throw CallRefusal.NotUnicode();
        }
    }
}
