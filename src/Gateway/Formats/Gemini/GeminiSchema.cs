using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Google's own dialect of schemas, whose types are upper case and which marks what may be null, as JSON Schema.</summary>
internal static class GeminiSchema
{
    public static JsonElement ToJsonSchema(JsonElement schema) => JsonRead.Parse(Wire.Write(json => Write(json, schema)));

    private static void Write(Utf8JsonWriter json, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        var nullable = schema.Flag("nullable") == true;
        foreach (var member in schema.EnumerateObject())
        {
            switch (member.Name)
            {
                case "nullable":
                    break;
                case "type" when member.Value.ValueKind == JsonValueKind.String:
                    WriteType(json, member.Value.GetString()!.ToLowerInvariant(), nullable);
                    break;
                // Numbers of these come as texts.
                case "minItems" or "maxItems" or "minLength" or "maxLength" or "minProperties" or "maxProperties"
                    when member.Value.ValueKind == JsonValueKind.String && long.TryParse(member.Value.GetString(), out var count):
                    json.WriteNumber(member.Name, count);
                    break;
                case "properties" when member.Value.ValueKind == JsonValueKind.Object:
                    json.WriteStartObject("properties");
                    foreach (var property in member.Value.EnumerateObject())
                    {
                        json.WritePropertyName(property.Name);
                        Write(json, property.Value);
                    }

                    json.WriteEndObject();
                    break;
                case "items" or "additionalProperties":
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                    break;
                case "anyOf" when member.Value.ValueKind == JsonValueKind.Array:
                    json.WriteStartArray("anyOf");
                    foreach (var one in member.Value.EnumerateArray()) Write(json, one);
                    json.WriteEndArray();
                    break;
                // An order of properties is no matter of what is valid.
                case "propertyOrdering":
                    break;
                default:
                    member.WriteTo(json);
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, string type, bool nullable)
    {
        if (!nullable)
        {
            json.WriteString("type", type);
            return;
        }

        json.WriteStartArray("type");
        json.WriteStringValue(type);
        json.WriteStringValue("null");
        json.WriteEndArray();
    }
}
