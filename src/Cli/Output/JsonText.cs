using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Espalier.Cli.Output;

/// <summary>JSON for terminals and pipes: quotes and backticks as they are, control characters still escaped.</summary>
internal static class JsonText
{
    public static string Of(JsonNode? node)
    {
        if (node is null) return "null";
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) node.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
