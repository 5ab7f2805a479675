using System.Text.Json;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Reads what is wanted of a JSON text and steps over the rest, without building a tree of it.</summary>
internal static class JsonScan
{
    // Replies echo tool schemas, which nest deeper than the reader's own limit.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    public static Utf8JsonReader Open(ReadOnlySpan<byte> json) => new(json, Options);

    /// <summary>Moves to the name of the next member; false at the end of the object.</summary>
    public static bool NextMember(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves into the value when it is an object; steps over any other value.</summary>
    public static bool EnterObject(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartObject);

    /// <summary>Moves into the value when it is an array; steps over any other value.</summary>
    public static bool EnterArray(ref Utf8JsonReader json) => Enter(ref json, JsonTokenType.StartArray);

    /// <summary>Moves to the next element that is an object and stands in it; steps over others; false at the end of the array.</summary>
    public static bool NextObject(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject) return true;
            json.Skip();
        }

        return false;
    }

    /// <summary>A whole number that is not negative; null for any other value.</summary>
    public static long? Count(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var count) && count >= 0) return count;
        json.Skip();
        return null;
    }

    /// <summary>Null for anything but a string.</summary>
    public static string? Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        json.Skip();
        return null;
    }

    /// <summary>False for anything but true.</summary>
    public static bool IsTrue(ref Utf8JsonReader json)
    {
        json.Read();
        var isTrue = json.TokenType == JsonTokenType.True;
        json.Skip();
        return isTrue;
    }

    /// <summary>Steps over the value of the member that the reader stands on.</summary>
    public static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static bool Enter(ref Utf8JsonReader json, JsonTokenType start)
    {
        json.Read();
        if (json.TokenType == start) return true;
        json.Skip();
        return false;
    }
}
