using System.Text.Json;
using Espalier.Core.Shared;

namespace Espalier.Server.Hosting;

/// <summary>Enums in a query string: the same snake_case words as in bodies. The framework's own binding takes C# names only.</summary>
internal static class QueryWords
{
    public static TEnum? Read<TEnum>(string? text, string parameter)
        where TEnum : struct, Enum
    {
        if (text is null) return null;
        var values = Enum.GetValues<TEnum>();
        foreach (var value in values)
            if (Word(value) == text) return value;
        throw new Refusal(
            "parameter-not-valid", 422, $"The parameter {parameter} is '{text}'.", $"Use one of {string.Join(", ", values.Select(Word))}.");
    }

    private static string Word<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
