using System.Text.Json;
using System.Text.Json.Serialization;

namespace Espalier.Contracts.Shared;

/// <summary>Money on the wire: <c>{"nano_usd": 1250000000, "usd": "1.25"}</c>. Only <c>nano_usd</c> is read back.</summary>
public sealed class UsdConverter : JsonConverter<Usd>
{
    public override Usd Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return Usd.TryParse(reader.GetString(), out var parsed) ? parsed : throw new JsonException("Money is like \"0.50usd\".");
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("Money is {\"nano_usd\": integer} or \"0.50usd\".");
        long? nano = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "nano_usd") nano = reader.GetInt64();
            else reader.Skip();
        }
        return new Usd(nano ?? throw new JsonException("Money lacks nano_usd."));
    }

    public override void Write(Utf8JsonWriter writer, Usd value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("nano_usd", value.Nano);
        writer.WriteString("usd", value.ToString());
        writer.WriteEndObject();
    }
}
