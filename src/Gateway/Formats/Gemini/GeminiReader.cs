using System.Globalization;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>Reads a generateContent request into the neutral form.</summary>
/// <remarks>Calls may have no ids here: then they get some, and results without one belong to the oldest open call of their name.</remarks>
internal sealed class GeminiReader(Dropped dropped)
{
    public const string MadeUpId = "gemini_call_";

    private static readonly HashSet<string> Known =
        ["contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config", "generationConfig", "generation_config", "model"];

    private static readonly HashSet<string> KnownConfig =
    [
        "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed", "presencePenalty", "frequencyPenalty", "responseMimeType",
        "responseSchema", "responseJsonSchema", "responseLogprobs", "logprobs", "thinkingConfig",
    ];

    private readonly List<(string Id, string Name)> _open = [];
    private int _calls;

    public NeutralRequest Read(ReadOnlyMemory<byte> body, WireRequest request)
    {
        var json = JsonRead.Parse(body);
        if (json.Either("cachedContent") is not null)
        {
            throw CallRefusal.Invalid(
                "'cachedContent' names something that Google keeps; the model that was asked for is served elsewhere. Send all of it in 'contents'.", "cachedContent", "cached_content_elsewhere");
        }

        foreach (var member in json.EnumerateObject()) dropped.AddIf(!Known.Contains(member.Name), member.Name);
        var config = json.Either("generationConfig") ?? default;
        if (config.ValueKind == JsonValueKind.Object)
            foreach (var member in config.EnumerateObject()) dropped.AddIf(!KnownConfig.Contains(Camel(member.Name)), $"generationConfig.{member.Name}");
        var turns = new Turns();
        if (json.Either("systemInstruction") is { } system) turns.Add(TurnRole.System, ReadParts(system), join: false);
        var contents = json.Member("contents");
        foreach (var content in contents is { ValueKind: JsonValueKind.Object } single ? [single] : contents.Objects()) ReadContent(content, turns);
        return new NeutralRequest
        {
            Model = request.Model,
            Stream = request.Stream,
            Turns = turns.ToList(),
            Tools = [.. json.Objects("tools").SelectMany(ReadTools)],
            ToolChoice = ReadChoice(json.Either("toolConfig")),
            MaxTokens = config.Either("maxOutputTokens").Whole(),
            Temperature = config.Number("temperature"),
            TopP = config.Either("topP").Number(),
            TopK = (long?)config.Either("topK").Number(),
            Seed = config.Whole("seed"),
            FrequencyPenalty = config.Either("frequencyPenalty").Number(),
            PresencePenalty = config.Either("presencePenalty").Number(),
            Stop = config.Either("stopSequences").Texts(),
            Choices = (int)(config.Either("candidateCount").Whole() ?? 1),
            Logprobs = config.Either("responseLogprobs").Flag() ?? false,
            TopLogprobs = (int?)config.Whole("logprobs"),
            Output = ReadOutput(config),
            Reasoning = config.Either("thinkingConfig") is { } thinking
                ? new Reasoning(
                    thinking.Either("thinkingLevel").Text()?.ToLowerInvariant(),
                    thinking.Either("thinkingBudget").Whole() is { } budget and >= 0 ? budget : null,
                    thinking.Either("includeThoughts").Flag())
                : null,
        };
    }

    /// <summary>What a content says. A signature that stands on words or on a call becomes reasoning without words before it.</summary>
    public static IEnumerable<Part> ReadParts(JsonElement content, Func<JsonElement, string> idOf, Func<JsonElement, string> idOfResult, Dropped? dropped)
    {
        var parts = content.Member("parts");
        foreach (var part in parts is { ValueKind: JsonValueKind.Object } single ? [single] : parts.Objects())
        {
            var signature = part.Either("thoughtSignature").Text();
            if (part.Flag("thought") == true)
            {
                yield return new Part.Thinking(part.Text("text") ?? "", signature);
                continue;
            }

            if (signature is not null) yield return new Part.Thinking("", signature);
            if (part.Text("text") is { } text)
            {
                if (text.Length > 0) yield return new Part.Text(text);
            }
            else if (part.Either("inlineData") is { } inline) yield return OfMedia(inline, new Source { MediaType = inline.Either("mimeType").Text(), Base64 = inline.Text("data") });
            else if (part.Either("fileData") is { } file) yield return OfMedia(file, new Source { MediaType = file.Either("mimeType").Text(), Url = file.Either("fileUri").Text() });
            else if (part.Either("functionCall") is { } call) yield return new Part.Call(idOf(call), call.Text("name") ?? "", call.Object("args")?.GetRawText() ?? "{}");
            else if (part.Either("functionResponse") is { } result) yield return ReadResult(result, idOfResult(result));
            else dropped?.Add($"contents.{part.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => name is not ("thought" or "thoughtSignature"), "part")}");
        }
    }

    private static Part OfMedia(JsonElement media, Source from)
    {
        var kind = from.MediaType ?? "";
        if (kind.StartsWith("image/", StringComparison.Ordinal)) return new Part.Image(from);
        if (kind.StartsWith("audio/", StringComparison.Ordinal) && from.Base64 is { } sound) return new Part.Audio(kind["audio/".Length..], sound);
        return new Part.Document(from) { Title = media.Either("displayName").Text() };
    }

    // A text that is no object of its own goes over the wire inside one.
    private static Part.Result ReadResult(JsonElement result, string id)
    {
        var response = result.Object("response");
        var members = response?.EnumerateObject().ToList() ?? [];
        var (text, error) = members is [{ Name: "result" or "output", Value.ValueKind: JsonValueKind.String } only] ? (only.Value.GetString()!, false)
            : members is [{ Name: "error", Value.ValueKind: JsonValueKind.String } failed] ? (failed.Value.GetString()!, true)
            : (response?.GetRawText() ?? "", false);
        return new Part.Result(id, result.Text("name"), new EquatableParts(text.Length == 0 ? [] : [new Part.Text(text)])) { IsError = error };
    }

    private void ReadContent(JsonElement content, Turns turns)
    {
        var parts = ReadParts(content).ToList();
        if (content.Text("role") == "model")
        {
            turns.Add(TurnRole.Assistant, parts, join: false);
            return;
        }

        var results = parts.Where(part => part is Part.Result).ToList();
        if (results.Count > 0) turns.Add(TurnRole.Tool, results, join: false);
        if (parts.Count > results.Count) turns.Add(TurnRole.User, parts.Where(part => part is not Part.Result), join: false);
    }

    private IEnumerable<Part> ReadParts(JsonElement content) => ReadParts(
        content,
        call =>
        {
            var id = call.Text("id") ?? string.Create(CultureInfo.InvariantCulture, $"{MadeUpId}{_calls++}");
            _open.Add((id, call.Text("name") ?? ""));
            return id;
        },
        result =>
        {
            var at = result.Text("id") is { } told ? _open.FindIndex(call => call.Id == told) : _open.FindIndex(call => call.Name == result.Text("name"));
            var id = at < 0 ? result.Text("id") ?? string.Create(CultureInfo.InvariantCulture, $"{MadeUpId}{_calls++}") : _open[at].Id;
            if (at >= 0) _open.RemoveAt(at);
            return id;
        },
        dropped);

    private IEnumerable<Tool> ReadTools(JsonElement tools)
    {
        foreach (var member in tools.EnumerateObject()) dropped.AddIf(Camel(member.Name) != "functionDeclarations", $"tools.{member.Name}");
        foreach (var function in tools.Either("functionDeclarations").Objects())
        {
            var schema = function.Either("parametersJsonSchema") ?? (function.Object("parameters") is { } parameters ? GeminiSchema.ToJsonSchema(parameters) : null);
            yield return new Tool(function.Text("name") ?? "", function.Text("description"), schema);
        }
    }

    private static ToolChoice? ReadChoice(JsonElement? config)
    {
        if (config?.Either("functionCallingConfig") is not { } calling) return null;
        var names = calling.Either("allowedFunctionNames").Texts();
        return calling.Text("mode")?.ToUpperInvariant() switch
        {
            "ANY" when names.Count == 1 => new ToolChoice(ToolMode.Named, names[0]),
            "ANY" => new ToolChoice(ToolMode.Required),
            "NONE" => new ToolChoice(ToolMode.None),
            "AUTO" => new ToolChoice(ToolMode.Auto),
            _ => null,
        };
    }

    private static OutputShape? ReadOutput(JsonElement config)
    {
        if ((config.Either("responseJsonSchema") ?? (config.Either("responseSchema") is { } own ? GeminiSchema.ToJsonSchema(own) : null)) is { } schema) return new OutputShape(schema);
        return config.Either("responseMimeType").Text() == "application/json" ? new OutputShape(null) : null;
    }

    private static string Camel(string name)
    {
        var words = name.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
