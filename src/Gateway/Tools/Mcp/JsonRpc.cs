using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>Reading and writing messages of JSON-RPC 2.0. What is not looked at goes through as it came.</summary>
internal static class JsonRpc
{
    // A name that stands twice would mean one thing to us and another to the tool.
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is no JSON, too deep, or names something twice.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> message) => JsonDocument.Parse(message, Strict);

    /// <summary>What a tool server wrote. It may name things twice: it cannot gain by that more than by saying so once.</summary>
    public static JsonDocument ParseAnswer(ReadOnlyMemory<byte> message) => JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = 64 });

    public static ReadOnlyMemory<byte> Request(long id, string method, string? parameters) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteNumber("id", id);
        json.WriteString("method", method);
        if (parameters is not null) Raw(json, "params", parameters);
        json.WriteEndObject();
    });

    public static ReadOnlyMemory<byte> Notification(string method, string? parameters = null) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteString("method", method);
        if (parameters is not null) Raw(json, "params", parameters);
        json.WriteEndObject();
    });

    /// <param name="id">As it came, JSON; null where it could not be read.</param>
    /// <param name="answer">JSON object with <c>result</c> or <c>error</c>.</param>
    public static ReadOnlyMemory<byte> Response(string? id, string answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        return Wire.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            Raw(json, "id", id ?? "null");
            foreach (var member in root.EnumerateObject()) Raw(json, member.Name, member.Value.GetRawText());
            json.WriteEndObject();
        });
    }

    public static ReadOnlyMemory<byte> Error(string? id, int code, string message) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        Raw(json, "id", id ?? "null");
        json.WriteStartObject("error");
        json.WriteNumber("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    public static string Result(string json) => $$"""{"result":{{json}}}""";

    public static void Raw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }
}
