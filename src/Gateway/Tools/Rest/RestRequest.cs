using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Espalier.Core.Runs;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Tools.Mcp;

namespace Espalier.Gateway.Tools.Rest;

/// <summary>One request of a plain HTTP tool, as far as it goes on.</summary>
internal sealed record RestRequest(
    string Method, string Path, IReadOnlyList<(string Name, string Value)> Query, ReadOnlyMemory<byte> Body, string? ContentType, IReadOnlyList<(string Name, string Value)> Headers)
{
    public string Name => $"{Method} {Path}";

    /// <summary>What decides the answer beside method and path: the query in any order, and the body by its meaning where it is JSON.</summary>
    public string Arguments
    {
        get
        {
            using var document = JsonDocument.Parse(Wire.Write(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("query");
                foreach (var (name, value) in Query.OrderBy(pair => pair.Name, StringComparer.Ordinal))
                {
                    json.WriteStartArray();
                    json.WriteStringValue(name);
                    json.WriteStringValue(value);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                WriteBody(json);
                json.WriteEndObject();
            }));
            return ToolFingerprints.Normalise(document.RootElement);
        }
    }

    public Uri At(Uri address)
    {
        var text = new StringBuilder(address.GetLeftPart(UriPartial.Path).TrimEnd('/'));
        foreach (var part in Path.Split('/').Skip(1)) text.Append('/').Append(Uri.EscapeDataString(part));
        var mark = '?';
        foreach (var (name, value) in Query)
        {
            text.Append(mark).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
            mark = '&';
        }

        return new Uri(text.ToString());
    }

    private void WriteBody(Utf8JsonWriter json)
    {
        if (Body.IsEmpty) return;
        try
        {
            using var body = JsonRpc.Parse(Body);
            json.WritePropertyName("body");
            body.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            // Not for reading: equal bytes are equal.
            json.WriteString("body_sha256", Convert.ToHexStringLower(SHA256.HashData(Body.Span)));
        }
    }
}
