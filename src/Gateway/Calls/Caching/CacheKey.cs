using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Espalier.Core.Runs;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>What a request is, in a hash: two requests with one key are answered alike.</summary>
/// <remarks>SHA-256 over who pays and for which agent and version, the provider, the model, format, framing and headers, and the request as the provider gets it, with its
/// members in order and without white space. Members that never change an answer are left out.</remarks>
internal readonly record struct CacheKey(UInt128 High, UInt128 Low)
{
    private static readonly HashSet<string> Irrelevant = ["metadata", "prompt_cache_key", "prompt_cache_retention"];

    public static CacheKey Of(RunContext run, ServedModel model, ProviderRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // One payer never sees, nor learns by speed, what another one asked.
        Add(run.Budget.Value, run.Agent, run.Version?.Value ?? "", model.Provider.Name, model.Model, request.Format, request.Stream ? "stream" : "whole", request.Framing.ToString());
        foreach (var (name, value) in request.Headers) Add(name, value);
        hash.AppendData(Canonical(request.Body).Span);
        Span<byte> result = stackalloc byte[32];
        hash.GetHashAndReset(result);
        return new CacheKey(System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(result), System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(result[16..]));

        void Add(params ReadOnlySpan<string> texts)
        {
            foreach (var text in texts)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(text));
                hash.AppendData([0]);
            }
        }
    }

    private static ReadOnlyMemory<byte> Canonical(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = WireReader.Options.MaxDepth });
        return Wire.Write(writer => Write(writer, json.RootElement, isTop: true));
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, bool isTop)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    if (isTop && Irrelevant.Contains(member.Name)) continue;
                    json.WritePropertyName(member.Name);
                    Write(json, member.Value, isTop: false);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(json, item, isTop: false);
                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
