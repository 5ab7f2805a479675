using System.Text;
using System.Text.Json;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Small triage prompts.</summary>
internal static class Prompts
{
    public const string Labels = "Name the intent of the request.\n- delivery_late: parcel has not arrived in time\n- refund: wants money back\n- change_address";

    public static string Chat(string model, string user, string? system = Labels, string more = "")
    {
        var messages = system is null ? "" : $"{{\"role\":\"system\",\"content\":{Quote(system)}}},";
        return $"{{\"model\":\"{model}\",\"messages\":[{messages}{{\"role\":\"user\",\"content\":{Quote(user)}}}]{more}}}";
    }

    private static string Quote(string text)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer)) json.WriteStringValue(text);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
