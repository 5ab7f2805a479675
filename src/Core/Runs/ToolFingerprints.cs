using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Runs;

/// <summary>Names calls of tools by what decides their answer, and declarations of tool servers by what decides whom they reach.</summary>
public static class ToolFingerprints
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="tool">The tool server.</param>
    /// <param name="operation">What it is asked to do.</param>
    /// <param name="arguments">As <see cref="Normalise"/> writes them.</param>
    public static string Of(string tool, string operation, string arguments) => ContentHash.Of(32, tool, operation, arguments);

    /// <summary>JSON with sorted members, without white space, and with numbers of one value written in one way: <c>1.0</c>, <c>1e0</c> and <c>1</c> are equal.</summary>
    public static string Normalise(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain)) Write(json, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A digest of everything in a declaration that decides what is started, whom it reaches, with which secrets, and what may be changed there.</summary>
    public static string Of(ToolContract tool)
    {
        List<string?> parts = [tool.Name, $"{tool.Protocol}", tool.Command, tool.Url?.AbsoluteUri, $"{tool.Writes}", $"{tool.Miss}"];
        Add("environment", tool.Environment.Select(pair => (pair.Key, pair.Value)));
        Add("headers", tool.Headers.Select(pair => (pair.Key, pair.Value)));
        Add("secrets", tool.Secrets.Select(name => (name, "")));
        Add("allow", tool.Allow.Select(pattern => (pattern, "")));
        Add("writes", tool.WritesByName.Select(pair => (pair.Key, $"{pair.Value}")));
        return ContentHash.Of(32, [.. parts]);

        void Add(string name, IEnumerable<(string Key, string Value)> pairs)
        {
            parts.Add(name);
            foreach (var (key, value) in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal)) parts.AddRange([key, value]);
        }
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray()) Write(json, element);
                json.WriteEndArray();
                break;
            case JsonValueKind.Number:
                json.WriteRawValue(Number(value));
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static string Number(JsonElement value)
    {
        // Decimal first: whole numbers of 64 bits are ids, and a double would make neighbours equal.
        if (value.TryGetDecimal(out var exact) && (exact != 0 || IsZero(value.GetRawText())))
            return exact == 0 ? "0" : (exact / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);
        return value.TryGetDouble(out var near) && double.IsFinite(near) ? near.ToString("R", CultureInfo.InvariantCulture) : value.GetRawText();
    }

    // A number too small for a decimal reads as zero.
    private static bool IsZero(string text)
    {
        foreach (var c in text)
        {
            if (c is 'e' or 'E') break;
            if (c is >= '1' and <= '9') return false;
        }

        return true;
    }
}
