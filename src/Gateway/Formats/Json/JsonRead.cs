using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>Reading of trees whose members may be missing, null or of another kind: then they are not there.</summary>
internal static class JsonRead
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, Options);
        return document.RootElement.Clone();
    }

    public static JsonElement? Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var found) && found.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? found : null;

    /// <summary>Google's names come in camel case and in snake case.</summary>
    public static JsonElement? Either(this JsonElement json, string camel) => json.Member(camel) ?? json.Member(JsonNamingPolicy.SnakeCaseLower.ConvertName(camel));

    public static JsonElement? Object(this JsonElement json, string name) => json.Member(name) is { ValueKind: JsonValueKind.Object } found ? found : null;

    public static string? Text(this JsonElement json, string name) => json.Member(name).Text();

    public static string? Text(this JsonElement? json) => json is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static bool? Flag(this JsonElement json, string name) => json.Member(name).Flag();

    public static bool? Flag(this JsonElement? json) => json?.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };

    public static double? Number(this JsonElement json, string name) => json.Member(name).Number();

    public static double? Number(this JsonElement? json) => json is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && double.IsFinite(value) ? value : null;

    public static long? Whole(this JsonElement json, string name) => json.Member(name).Whole();

    public static long? Whole(this JsonElement? json) => json is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>The objects of an array; none when it is something else.</summary>
    public static IEnumerable<JsonElement> Objects(this JsonElement json, string name) => json.Member(name).Objects();

    public static IEnumerable<JsonElement> Objects(this JsonElement? json) =>
        json is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object) : [];

    /// <summary>The texts of an array, or the one text that stands in its place.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement? json) => json switch
    {
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)],
        _ => [],
    };

    public static void Write(this Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }

    public static void WriteIf(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    public static void WriteIf(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    public static void WriteIf(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    public static void WriteIf(this Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag) json.WriteBoolean(name, flag);
    }

    /// <summary>A text that should be a JSON object, as one; when a model wrote something else, that is kept inside one.</summary>
    public static void WriteArguments(this Utf8JsonWriter json, string name, string arguments)
    {
        json.WritePropertyName(name);
        if (arguments.AsSpan().Trim().IsEmpty)
        {
            json.WriteStartObject();
            json.WriteEndObject();
            return;
        }

        try
        {
            using var parsed = JsonDocument.Parse(arguments, Options);
            if (parsed.RootElement.ValueKind == JsonValueKind.Object)
            {
                parsed.RootElement.WriteTo(json);
                return;
            }
        }
        catch (JsonException)
        {
            // Told as it came, below.
        }

        json.WriteStartObject();
        json.WriteString("_raw", arguments);
        json.WriteEndObject();
    }
}
