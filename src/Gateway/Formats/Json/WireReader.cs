using System.Text;
using System.Text.Json;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Json;

/// <summary>Reading values of a request, with refusals that say what was wrong.</summary>
internal static class WireReader
{
    public static JsonReaderOptions Options { get; } = new() { MaxDepth = 256 };

    public static bool Flag(string name, ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Wrong(name, "true or false"),
    };

    public static long? Count(string name, ref Utf8JsonReader reader, long most)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 1 && value <= most) return value;
        throw Wrong(name, $"a whole number from 1 to {most}");
    }

    public static string Text(string name, ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Wrong(name, "a string");

    public static CallRefusal Wrong(string param, string right) => CallRefusal.Invalid($"'{param}' has the wrong type or value: it must be {right}.", param);

    /// <summary>The text of a content value: a string, or parts of which those that have text are joined by line breaks.</summary>
    public static string TextOf(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty || content[0] is not ((byte)'"' or (byte)'[' or (byte)'{')) return "";
        var reader = new Utf8JsonReader(content, Options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return reader.GetString()!;
        var text = new StringBuilder();
        if (reader.TokenType == JsonTokenType.StartObject) AddText(ref reader, text);
        else
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                if (reader.TokenType == JsonTokenType.StartObject) AddText(ref reader, text);
                else reader.Skip();
        return text.ToString();
    }

    private static void AddText(ref Utf8JsonReader reader, StringBuilder text)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("text"u8);
            reader.Read();
            if (!isText || reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                continue;
            }

            if (text.Length > 0) text.Append('\n');
            text.Append(reader.GetString());
        }
    }
}
