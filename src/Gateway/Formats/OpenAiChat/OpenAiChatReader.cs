using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Reads a chat completions request into the neutral form.</summary>
internal sealed class OpenAiChatReader(Dropped dropped)
{
    // Members that are read, or that mean nothing beyond this format.
    private static readonly HashSet<string> Known =
    [
        "model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens", "temperature",
        "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "stop", "n", "logprobs", "top_logprobs", "response_format", "reasoning_effort", "user",
        "safety_identifier", "service_tier", "verbosity", "metadata", "functions", "function_call", "prompt_cache_key",
    ];

    public NeutralRequest Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        foreach (var member in json.EnumerateObject())
            dropped.AddIf(!Known.Contains(member.Name) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False), member.Name);
        var turns = new Turns();
        foreach (var message in json.Objects("messages")) ReadMessage(message, turns);
        return new NeutralRequest
        {
            Model = json.Text("model") ?? "",
            Stream = json.Flag("stream") ?? false,
            Turns = turns.ToList(),
            Tools = [.. json.Objects("tools").Select(ReadTool).OfType<Tool>(), .. json.Objects("functions").Select(ReadFunction)],
            ToolChoice = ReadChoice(json.Member("tool_choice") ?? json.Member("function_call")),
            ParallelTools = json.Flag("parallel_tool_calls"),
            MaxTokens = json.Whole("max_completion_tokens") ?? json.Whole("max_tokens"),
            Temperature = json.Number("temperature"),
            TopP = json.Number("top_p"),
            TopK = json.Whole("top_k"),
            Seed = json.Whole("seed"),
            FrequencyPenalty = json.Number("frequency_penalty"),
            PresencePenalty = json.Number("presence_penalty"),
            Stop = json.Member("stop").Texts(),
            Choices = (int)(json.Whole("n") ?? 1),
            Logprobs = json.Flag("logprobs") ?? false,
            TopLogprobs = (int?)json.Whole("top_logprobs"),
            Output = ReadOutput(json.Object("response_format")),
            Reasoning = json.Text("reasoning_effort") is { } effort ? new Reasoning(effort, null, null) : null,
            User = json.Text("user") ?? json.Text("safety_identifier"),
            ServiceTier = json.Text("service_tier"),
            Verbosity = json.Text("verbosity"),
            Metadata = json.Object("metadata"),
        };
    }

    /// <summary>What an assistant's message says: reasoning, then text, then calls.</summary>
    public static IEnumerable<Part> ReadSaid(JsonElement message, Dropped? dropped)
    {
        var blocks = message.Objects("thinking_blocks").ToList();
        foreach (var block in blocks)
        {
            yield return block.Text("type") == "redacted_thinking"
                ? new Part.Hidden(block.Text("data") ?? "") : new Part.Thinking(block.Text("thinking") ?? "", block.Text("signature"));
        }

        // Compatible servers call it one or the other.
        if (blocks.Count == 0 && (message.Text("reasoning_content") ?? message.Text("reasoning")) is { Length: > 0 } reasoning) yield return new Part.Thinking(reasoning, null);
        foreach (var part in ReadContent(message.Member("content"), dropped)) yield return part;
        if (message.Text("refusal") is { Length: > 0 } refusal) yield return new Part.Refusal(refusal);
        foreach (var call in message.Objects("tool_calls"))
        {
            if (call.Object("function") is { } function) yield return new Part.Call(call.Text("id") ?? "", function.Text("name") ?? "", function.Text("arguments") ?? "");
            else dropped?.Add($"messages.tool_calls.{call.Text("type")}");
        }

        if (message.Object("function_call") is { } old) yield return new Part.Call(OldId(old.Text("name")), old.Text("name") ?? "", old.Text("arguments") ?? "");
    }

    private static string OldId(string? name) => $"function_{name}";

    private static IEnumerable<Part> ReadContent(JsonElement? content, Dropped? dropped)
    {
        if (content.Text() is { } only)
        {
            if (only.Length > 0) yield return new Part.Text(only);
            yield break;
        }

        foreach (var part in content.Objects())
        {
            var cache = part.Object("cache_control") is { } mark ? new CacheMark(mark.Text("ttl")) : null;
            switch (part.Text("type"))
            {
                case "text":
                    yield return new Part.Text(part.Text("text") ?? "") { Cache = cache };
                    break;
                case "refusal":
                    yield return new Part.Refusal(part.Text("refusal") ?? "") { Cache = cache };
                    break;
                case "image_url" when part.Object("image_url") is { } image && image.Text("url") is { } url:
                    yield return new Part.Image(Source.OfUrl(url)) { Detail = image.Text("detail"), Cache = cache };
                    break;
                case "input_audio" when part.Object("input_audio") is { } audio:
                    yield return new Part.Audio(audio.Text("format") ?? "", audio.Text("data") ?? "") { Cache = cache };
                    break;
                case "file" when part.Object("file") is { } file:
                    var from = file.Text("file_data") is { } data ? Source.OfUrl(data) : new Source { File = file.Text("file_id") };
                    yield return new Part.Document(from) { Title = file.Text("filename"), Cache = cache };
                    break;
                case var other:
                    dropped?.Add($"messages.content.{other}");
                    break;
            }
        }
    }

    private void ReadMessage(JsonElement message, Turns turns)
    {
        var role = message.Text("role");
        dropped.AddIf(message.Member("name") is not null && role is not ("tool" or "function"), "messages.name");
        switch (role)
        {
            case "system" or "developer":
                turns.Add(role == "system" ? TurnRole.System : TurnRole.Developer, ReadContent(message.Member("content"), dropped), join: false);
                break;
            case "assistant":
                turns.Add(TurnRole.Assistant, ReadSaid(message, dropped), join: false);
                break;
            case "tool" or "function":
                var id = message.Text("tool_call_id") ?? OldId(message.Text("name"));
                turns.Add(TurnRole.Tool, [new Part.Result(id, message.Text("name"), new EquatableParts([.. ReadContent(message.Member("content"), dropped)]))], join: true);
                break;
            case "user":
                turns.Add(TurnRole.User, ReadContent(message.Member("content"), dropped), join: false);
                break;
            default:
                dropped.Add($"messages.role.{role}");
                break;
        }
    }

    private Tool? ReadTool(JsonElement tool)
    {
        if (tool.Object("function") is { } function)
            return ReadFunction(function) with { Cache = tool.Object("cache_control") is { } mark ? new CacheMark(mark.Text("ttl")) : null };
        dropped.Add($"tools.{tool.Text("type")}");
        return null;
    }

    private static Tool ReadFunction(JsonElement function) =>
        new(function.Text("name") ?? "", function.Text("description"), function.Object("parameters")) { Strict = function.Flag("strict") };

    private ToolChoice? ReadChoice(JsonElement? choice)
    {
        switch (choice)
        {
            case null:
                return null;
            case { ValueKind: JsonValueKind.String } word:
                return word.GetString() switch { "none" => new ToolChoice(ToolMode.None), "required" => new ToolChoice(ToolMode.Required), _ => new ToolChoice(ToolMode.Auto) };
            default:
                if ((choice.Value.Object("function")?.Text("name") ?? choice.Value.Text("name")) is { } name) return new ToolChoice(ToolMode.Named, name);
                dropped.Add("tool_choice");
                return null;
        }
    }

    private static OutputShape? ReadOutput(JsonElement? format) => format?.Text("type") switch
    {
        "json_object" => new OutputShape(null),
        "json_schema" when format.Value.Object("json_schema") is { } named =>
            new OutputShape(named.Object("schema"), named.Text("name"), named.Text("description"), named.Flag("strict")),
        _ => null,
    };
}
