using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>What a schema says about texts and numbers.</summary>
internal static class SchemaValues
{
    private const int MostPatterns = 1000;

    private static readonly ConcurrentDictionary<string, Regex?> Compiled = new();

    public static bool IsOfType(JsonElement value, JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => IsOf(value, type.GetString()!),
        JsonValueKind.Array => type.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && IsOf(value, one.GetString()!)),
        _ => true,
    };

    public static bool AreEqual(JsonElement one, JsonElement other) =>
        one.ValueKind == JsonValueKind.Number && other.ValueKind == JsonValueKind.Number ? one.GetDouble().Equals(other.GetDouble()) : JsonElement.DeepEquals(one, other);

    public static string? Problem(string keyword, JsonElement says, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && says.ValueKind == JsonValueKind.Number)
        {
            var (number, limit) = (value.GetDouble(), says.GetDouble());
            return keyword switch
            {
                "minimum" when number < limit => $"is below {says}",
                "maximum" when number > limit => $"is above {says}",
                "exclusiveMinimum" when number <= limit => $"is not above {says}",
                "exclusiveMaximum" when number >= limit => $"is not below {says}",
                "multipleOf" when limit > 0 && !IsMultiple(value, says) => $"is no multiple of {says}",
                _ => null,
            };
        }

        if (value.ValueKind != JsonValueKind.String) return null;
        var text = value.GetString()!;
        return keyword switch
        {
            "minLength" when Runes(text) < says.GetDouble() => "is too short",
            "maxLength" when Runes(text) > says.GetDouble() => "is too long",
            "pattern" when !Matches(says.GetString()!, text) => "does not match 'pattern'",
            _ => null,
        };
    }

    /// <summary>Whether a text matches; a pattern that cannot run in linear time, or took too long, decides nothing.</summary>
    public static bool Matches(string pattern, string text)
    {
        if (Compiled.Count > MostPatterns) Compiled.Clear();
        var regex = Compiled.GetOrAdd(pattern, Compile);
        return regex is null || regex.IsIn(text);
    }

    public static Regex? Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    public static JsonElement AsText(string text) => JsonRead.Parse(Wire.String(text));

    private static int Runes(string text) => text.EnumerateRunes().Count();

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && Math.Floor(number).Equals(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => true,
    };

    // Decimal digits where they reach: 0.3 is a multiple of 0.1 to everybody but a double.
    private static bool IsMultiple(JsonElement value, JsonElement of) =>
        value.TryGetDecimal(out var number) && of.TryGetDecimal(out var unit) && unit != 0 ? number % unit == 0 : Math.IEEERemainder(value.GetDouble(), of.GetDouble()) == 0;
}
