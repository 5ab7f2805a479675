using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Says a neutral request as a generateContent request. The model and the stream are said by the path.</summary>
internal sealed class GeminiWriter(Dropped dropped)
{
    public ReadOnlyMemory<byte> Write(NeutralRequest request) => Wire.Write(json =>
    {
        json.WriteStartObject();
        WriteSystem(json, request.Turns);
        WriteContents(json, request.Turns);
        WriteTools(json, request);
        WriteConfig(json, request);
        dropped.AddIf(request.ParallelTools is not null, "parallel_tool_calls");
        dropped.AddIf(request.User is not null, "user");
        dropped.AddIf(request.ServiceTier is not (null or "auto" or "default"), "service_tier");
        dropped.AddIf(request.Verbosity is not null, "verbosity");
        dropped.AddIf(request.Metadata is not null, "metadata");
        json.WriteEndObject();
    });

    /// <summary>Writes what is said as parts; a signature without words stands on what follows it.</summary>
    public static void WriteParts(Utf8JsonWriter json, IReadOnlyList<Part> parts, IReadOnlyDictionary<string, string> names, Dropped? dropped)
    {
        string? signature = null;
        foreach (var part in parts)
        {
            if (part is Part.Thinking { Content.Length: 0, Signature: { } next })
            {
                signature = next;
                continue;
            }

            if (WritePart(json, part, names, signature, dropped)) signature = null;
        }
    }

    public static bool WritePart(Utf8JsonWriter json, Part part, IReadOnlyDictionary<string, string> names, string? signature, Dropped? dropped)
    {
        switch (part)
        {
            case Part.Hidden:
                dropped?.Add("redacted_thinking");
                return false;
            case Part.Image { From: { Url: null, Base64: null } } or Part.Document { From: { Url: null, Base64: null, Text: null } }:
                dropped?.Add("content.file");
                return false;
        }

        json.WriteStartObject();
        switch (part)
        {
            case Part.Text text:
                json.WriteString("text", text.Content);
                break;
            case Part.Refusal refusal:
                json.WriteString("text", refusal.Content);
                break;
            case Part.Thinking thinking:
                json.WriteString("text", thinking.Content);
                json.WriteBoolean("thought", true);
                signature = thinking.Signature ?? signature;
                break;
            case Part.Image image:
                WriteMedia(json, image.From, "image/png", null);
                dropped?.AddIf(image.Detail is not null, "image.detail");
                break;
            case Part.Document document:
                WriteMedia(json, document.From, "application/pdf", document.Title);
                break;
            case Part.Audio audio:
                WriteMedia(json, new Source { MediaType = $"audio/{audio.Format}", Base64 = audio.Base64 }, "", null);
                break;
            case Part.Call call:
                json.WriteStartObject("functionCall");
                if (!call.Id.StartsWith(GeminiReader.MadeUpId, StringComparison.Ordinal)) json.WriteString("id", call.Id);
                json.WriteString("name", call.Name);
                json.WriteArguments("args", call.Arguments);
                json.WriteEndObject();
                break;
            case Part.Result result:
                json.WriteStartObject("functionResponse");
                if (!result.Id.StartsWith(GeminiReader.MadeUpId, StringComparison.Ordinal)) json.WriteString("id", result.Id);
                json.WriteString("name", result.Name ?? names.GetValueOrDefault(result.Id) ?? "");
                dropped?.AddIf(result.Parts.List.Any(inner => inner is not Part.Text), "tool_result.content");
                WriteResponse(json, result.Parts.Text(), result.IsError);
                json.WriteEndObject();
                break;
        }

        json.WriteIf("thoughtSignature", signature);
        dropped?.AddIf(part.Cache is not null, "cache_control");
        json.WriteEndObject();
        return true;
    }

    private static void WriteResponse(Utf8JsonWriter json, string text, bool error)
    {
        json.WritePropertyName("response");
        if (!error && text.AsSpan().TrimStart() is ['{', ..])
        {
            try
            {
                using var parsed = JsonDocument.Parse(text);
                // What would be read back as a plain text is kept apart from it.
                var plain = parsed.RootElement.EnumerateObject().ToList() is [{ Name: "result" or "output" or "error", Value.ValueKind: JsonValueKind.String }];
                if (!plain)
                {
                    parsed.RootElement.WriteTo(json);
                    return;
                }
            }
            catch (JsonException)
            {
                // A text that only begins like an object.
            }
        }

        json.WriteStartObject();
        json.WriteString(error ? "error" : "result", text);
        json.WriteEndObject();
    }

    private static void WriteMedia(Utf8JsonWriter json, Source from, string usual, string? title)
    {
        json.WriteStartObject(from.Url is null ? "inlineData" : "fileData");
        json.WriteString("mimeType", from.MediaType ?? usual);
        if (from.Url is { } url) json.WriteString("fileUri", url);
        else json.WriteString("data", from.Bytes());
        json.WriteIf("displayName", title);
        json.WriteEndObject();
    }

    private void WriteSystem(Utf8JsonWriter json, IReadOnlyList<Turn> turns)
    {
        var parts = turns.Where(turn => turn.IsInstruction).SelectMany(turn => turn.Parts).ToList();
        dropped.AddIf(turns.SkipWhile(turn => turn.IsInstruction).Any(turn => turn.IsInstruction), "messages.system.position");
        if (parts.Count == 0) return;
        json.WriteStartObject("systemInstruction");
        json.WriteStartArray("parts");
        WriteParts(json, parts, new Dictionary<string, string>(), dropped);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteContents(Utf8JsonWriter json, IReadOnlyList<Turn> turns)
    {
        var names = new Dictionary<string, string>();
        foreach (var call in turns.SelectMany(turn => turn.Parts).OfType<Part.Call>()) names[call.Id] = call.Name;
        json.WriteStartArray("contents");
        var parts = new List<Part>();
        string? role = null;
        foreach (var turn in turns.Where(turn => !turn.IsInstruction))
        {
            var said = turn.Role == TurnRole.Assistant ? "model" : "user";
            if (said != role) Flush();
            role = said;
            parts.AddRange(turn.Parts);
        }

        Flush();
        json.WriteEndArray();

        void Flush()
        {
            if (parts.Count > 0)
            {
                json.WriteStartObject();
                json.WriteString("role", role);
                json.WriteStartArray("parts");
                WriteParts(json, parts, names, dropped);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            parts.Clear();
        }
    }

    private void WriteTools(Utf8JsonWriter json, NeutralRequest request)
    {
        if (request.Tools.Count > 0)
        {
            json.WriteStartArray("tools");
            json.WriteStartObject();
            json.WriteStartArray("functionDeclarations");
            foreach (var tool in request.Tools)
            {
                dropped.AddIf(tool.Cache is not null, "cache_control");
                dropped.AddIf(tool.Strict == true, "tools.strict");
                json.WriteStartObject();
                json.WriteString("name", tool.Name);
                json.WriteIf("description", tool.Description);
                if (tool.Schema is { } schema) json.Write("parametersJsonSchema", schema);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }

        if (request.ToolChoice is not { } choice) return;
        json.WriteStartObject("toolConfig");
        json.WriteStartObject("functionCallingConfig");
        json.WriteString("mode", choice.Mode switch { ToolMode.None => "NONE", ToolMode.Required or ToolMode.Named => "ANY", _ => "AUTO" });
        if (choice.Name is { } name)
        {
            json.WriteStartArray("allowedFunctionNames");
            json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, NeutralRequest request)
    {
        json.WriteStartObject("generationConfig");
        json.WriteIf("temperature", request.Temperature);
        json.WriteIf("topP", request.TopP);
        json.WriteIf("topK", request.TopK);
        if (request.Choices != 1) json.WriteNumber("candidateCount", request.Choices);
        json.WriteIf("maxOutputTokens", request.MaxTokens);
        json.WriteIf("seed", request.Seed);
        json.WriteIf("frequencyPenalty", request.FrequencyPenalty);
        json.WriteIf("presencePenalty", request.PresencePenalty);
        if (request.Stop.Count > 0)
        {
            json.WriteStartArray("stopSequences");
            foreach (var stop in request.Stop) json.WriteStringValue(stop);
            json.WriteEndArray();
        }

        if (request.Logprobs) json.WriteBoolean("responseLogprobs", true);
        json.WriteIf("logprobs", request.TopLogprobs);
        if (request.Output is { } output)
        {
            json.WriteString("responseMimeType", "application/json");
            if (output.Schema is { } schema) json.Write("responseJsonSchema", schema);
        }

        if (request.Reasoning is { } reasoning)
        {
            json.WriteStartObject("thinkingConfig");
            if (reasoning.Effort is { } effort) json.WriteString("thinkingLevel", effort);
            else json.WriteIf("thinkingBudget", reasoning.Tokens);
            json.WriteIf("includeThoughts", reasoning.Show);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
