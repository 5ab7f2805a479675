using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>Members of JSON that others wrote: null where they are absent or of another kind.</summary>
internal static class JsonElements
{
    public static string? TryText(this JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out var member) || member.ValueKind != JsonValueKind.String) return null;
        try
        {
            return member.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, say: not a text.
            return null;
        }
    }

    public static JsonElement? TryObject(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;
}
