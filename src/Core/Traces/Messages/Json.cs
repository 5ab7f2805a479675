using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>Reads members of JSON whose form nobody promised.</summary>
internal static class Json
{
    /// <summary>The first of the members that is there; null when the element is no object or has none of them.</summary>
    public static JsonElement? Get(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    public static JsonElement? Get(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Get(element, name) is { ValueKind: not JsonValueKind.Null } value) return value;
        return null;
    }

    /// <summary>The first of the members that is a text.</summary>
    public static string? Text(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Get(element, name) is { ValueKind: JsonValueKind.String } value) return value.GetString();
        return null;
    }

    /// <summary>The first of the members that is a count: a whole number that is not negative, or a text of one.</summary>
    public static long? Count(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Get(element, name) is not { } value) continue;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) && whole >= 0) return whole;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var real) && real is >= 0 and < 9e18) return (long)real;
            if (value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), out var read) && read >= 0) return read;
        }

        return null;
    }

    public static double? Number(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Get(element, name) is not { } value) continue;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var real) && double.IsFinite(real)) return real;
            if (value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), out var read) && double.IsFinite(read)) return read;
        }

        return null;
    }

    /// <summary>A text as it is, anything else as JSON; null for nothing.</summary>
    public static string? Plain(JsonElement? element) => element switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => other.GetRawText(),
    };
}
