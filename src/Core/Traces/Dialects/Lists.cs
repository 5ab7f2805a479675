using System.Text.Json;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Reads lists of texts, which come as lists, as JSON within a text, or as one bare text.</summary>
internal static class Lists
{
    public static IReadOnlyList<string> Of(AttributeValue value)
    {
        using var document = LenientJson.Parse(value, out _);
        if (document is null || document.RootElement.ValueKind is JsonValueKind.String)
            return (document is null ? value.AsText() : document.RootElement.GetString()) is { Length: > 0 } text ? [text] : [];
        return document.RootElement.ValueKind == JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(one => Json.Plain(one)).OfType<string>().Where(text => text.Length > 0)]
            : [];
    }
}
