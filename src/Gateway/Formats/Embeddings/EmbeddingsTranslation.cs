using System.Buffers.Binary;
using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Formats.Embeddings;

/// <summary>Embeddings between the formats of OpenAI and of Google: texts and the length of vectors have a place in both.</summary>
internal static class EmbeddingsTranslation
{
    /// <summary>What the other format asks this provider by; null when it gives no embeddings in it.</summary>
    public static (string Format, Operation Operation, string List)? To(string format, IProvider provider) => format == WireFormats.Gemini
        ? provider.Formats.Contains(WireFormats.OpenAiChat) && provider.Supports(Operation.Embed) ? (WireFormats.OpenAiChat, Operation.Embed, "data") : null
        : provider.Formats.Contains(WireFormats.Gemini) && provider.Supports(Operation.EmbedBatch) ? (WireFormats.Gemini, Operation.EmbedBatch, "embeddings") : null;

    /// <exception cref="CallRefusal">It asks for what the other format has no word for and cannot do without.</exception>
    public static EmbeddingsAsked Read(string format, Operation operation, ReadOnlyMemory<byte> body, Dropped dropped)
    {
        var json = JsonRead.Parse(body);
        if (json.ValueKind != JsonValueKind.Object) throw CallRefusal.Invalid("The request is not a JSON object.");
        if (format != WireFormats.Gemini) return ReadOpenAi(json, dropped);
        if (operation == Operation.Embed) return ReadGemini([json], dropped) with { IsOne = true };
        return ReadGemini([.. json.Objects("requests")], dropped);
    }

    public static ReadOnlyMemory<byte> Write(string format, string model, EmbeddingsAsked asked) => Wire.Write(json =>
    {
        json.WriteStartObject();
        if (format == WireFormats.Gemini)
        {
            json.WriteStartArray("requests");
            foreach (var text in asked.Texts)
            {
                json.WriteStartObject();
                json.WriteString("model", $"models/{model}");
                json.WriteStartObject("content");
                json.WriteStartArray("parts");
                json.WriteStartObject();
                json.WriteString("text", text);
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteIf("outputDimensionality", asked.Dimensions);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteString("model", model);
            json.WriteStartArray("input");
            foreach (var text in asked.Texts) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteIf("dimensions", asked.Dimensions);
            json.WriteString("encoding_format", "float");
        }

        json.WriteEndObject();
    });

    /// <summary>The reply in the format of who asked.</summary>
    /// <exception cref="JsonException">It is no reply of its format, or has not one vector for each text.</exception>
    public static ReadOnlyMemory<byte> Reply(string to, string model, EmbeddingsAsked asked, ReadOnlyMemory<byte> reply, long bodyLength)
    {
        var json = JsonRead.Parse(reply);
        IReadOnlyList<JsonElement> vectors = to == WireFormats.Gemini
            ? [.. json.Objects("data").OrderBy(one => one.Whole("index") ?? 0).Select(one => Vector(one, "embedding"))]
            : [.. json.Objects("embeddings").Select(one => Vector(one, "values"))];
        if (vectors.Count != asked.Texts.Count) throw new JsonException($"There are {vectors.Count} vectors for {asked.Texts.Count} texts.");
        return to == WireFormats.Gemini ? ToGemini(asked, vectors) : ToOpenAi(model, asked, vectors, UsageEstimate.Of(bodyLength, 0).InputUncached ?? 0);
    }

    private static EmbeddingsAsked ReadOpenAi(JsonElement json, Dropped dropped)
    {
        foreach (var member in json.EnumerateObject())
            dropped.AddIf(member.Name is not ("model" or "input" or "dimensions" or "encoding_format") && member.Value.ValueKind != JsonValueKind.Null, member.Name);
        var input = json.Member("input");
        IReadOnlyList<string> texts = input.Texts();
        if (texts.Count == 0 || (input is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() != texts.Count))
            throw CallRefusal.Invalid("'input' is not a text or a list of texts. The model's vendor takes no tokens in their place: send texts.", "input");
        var encoding = json.Text("encoding_format") ?? "float";
        if (encoding is not ("float" or "base64")) throw CallRefusal.Invalid($"'encoding_format' is '{encoding}'. Send float or base64.", "encoding_format");
        return new EmbeddingsAsked(texts, Dimensions(json.Member("dimensions"), "dimensions")) { IsBase64 = encoding == "base64" };
    }

    private static EmbeddingsAsked ReadGemini(IReadOnlyList<JsonElement> requests, Dropped dropped)
    {
        if (requests.Count == 0) throw CallRefusal.Invalid("The request lacks 'requests'. Send at least one.", "requests");
        var texts = new List<string>();
        var dimensions = new HashSet<long?>();
        foreach (var request in requests)
        {
            foreach (var member in request.EnumerateObject())
                dropped.AddIf(member.Name is not ("model" or "content" or "outputDimensionality" or "output_dimensionality") && member.Value.ValueKind != JsonValueKind.Null, member.Name);
            var parts = request.Object("content") is { } content ? [.. content.Objects("parts")] : new List<JsonElement>();
            if (parts.Count == 0 || parts.Exists(part => part.Text("text") is null)) throw CallRefusal.Invalid("'content' is not made of texts. The model's vendor embeds texts alone.", "content");
            texts.Add(string.Concat(parts.Select(part => part.Text("text"))));
            dimensions.Add(Dimensions(request.Either("outputDimensionality"), "outputDimensionality"));
        }

        if (dimensions.Count > 1) throw CallRefusal.Invalid("The requests differ in 'outputDimensionality'. The model's vendor takes one for all: send them one by one.", "outputDimensionality");
        return new EmbeddingsAsked(texts, dimensions.Single());
    }

    private static long? Dimensions(JsonElement? json, string name) => json is null ? null
        : json.Whole() is { } whole and > 0 ? whole : throw CallRefusal.Invalid($"'{name}' is not a whole number above 0.", name);

    private static JsonElement Vector(JsonElement json, string name) =>
        json.Member(name) is { ValueKind: JsonValueKind.Array } vector ? vector : throw new JsonException($"A vector lacks '{name}'.");

    private static ReadOnlyMemory<byte> ToOpenAi(string model, EmbeddingsAsked asked, IReadOnlyList<JsonElement> vectors, long tokens) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            if (asked.IsBase64) json.WriteString("embedding", Base64(vectors[i]));
            else json.Write("embedding", vectors[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("model", model);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> ToGemini(EmbeddingsAsked asked, IReadOnlyList<JsonElement> vectors) => Wire.Write(json =>
    {
        json.WriteStartObject();
        if (asked.IsOne) json.WriteStartObject("embedding");
        else json.WriteStartArray("embeddings");
        foreach (var vector in vectors)
        {
            if (!asked.IsOne) json.WriteStartObject();
            json.Write("values", vector);
            if (!asked.IsOne) json.WriteEndObject();
        }

        if (asked.IsOne) json.WriteEndObject();
        else json.WriteEndArray();
        json.WriteEndObject();
    });

    // As OpenAI has it: 32-bit floats, the lowest byte first.
    private static string Base64(JsonElement vector)
    {
        var bytes = new byte[vector.GetArrayLength() * sizeof(float)];
        var at = 0;
        foreach (var value in vector.EnumerateArray())
        {
            if (value.ValueKind != JsonValueKind.Number) throw new JsonException("A vector holds what is no number.");
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), value.GetSingle());
            at += sizeof(float);
        }

        return Convert.ToBase64String(bytes);
    }
}

/// <param name="Texts">What is to be embedded, one vector each.</param>
/// <param name="Dimensions">Length of the vectors; null is the model's own.</param>
internal sealed record EmbeddingsAsked(IReadOnlyList<string> Texts, long? Dimensions)
{
    /// <summary>Whether the vectors are wanted as text of their bytes.</summary>
    public bool IsBase64 { get; init; }

    /// <summary>Whether one was asked for and not a list.</summary>
    public bool IsOne { get; init; }
}
