using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Policies.Checks.Json;

/// <summary>An answer's text as JSON.</summary>
internal static class JsonText
{
    /// <summary>Null when the text is something else.</summary>
    public static JsonElement? Parse(string text)
    {
        try
        {
            return JsonRead.Parse(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
