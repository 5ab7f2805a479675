using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Reads a Responses request into the neutral form.</summary>
internal sealed class ResponsesReader(Dropped dropped)
{
    // Members that are read, or whose default means nothing elsewhere. What only asks for the provider's own keeping is dropped by name.
    private static readonly HashSet<string> Known =
    [
        "model", "input", "instructions", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "temperature", "top_p",
        "text", "reasoning", "include", "top_logprobs", "user", "safety_identifier", "service_tier", "metadata", "prompt_cache_key", "truncation",
    ];

    public NeutralRequest Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        foreach (var state in (string[])["previous_response_id", "conversation", "prompt"])
            if (json.Member(state) is not null) throw Kept(state);
        foreach (var member in json.EnumerateObject())
            dropped.AddIf(!Known.Contains(member.Name) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False), member.Name);
        dropped.AddIf(json.Text("truncation") is not (null or "disabled"), "truncation");
        var turns = new Turns();
        if (json.Text("instructions") is { } instructions) turns.Add(TurnRole.System, [new Part.Text(instructions)], join: false);
        if (json.Text("input") is { } only) turns.Add(TurnRole.User, [new Part.Text(only)], join: false);
        foreach (var element in json.Objects("input")) ReadElement(element, turns);
        var text = json.Object("text");
        var reasoning = json.Object("reasoning");
        return new NeutralRequest
        {
            Model = json.Text("model") ?? "",
            Stream = json.Flag("stream") ?? false,
            Turns = turns.ToList(),
            Tools = [.. json.Objects("tools").Select(ReadTool).OfType<Tool>()],
            ToolChoice = ReadChoice(json.Member("tool_choice")),
            ParallelTools = json.Flag("parallel_tool_calls"),
            MaxTokens = json.Whole("max_output_tokens"),
            Temperature = json.Number("temperature"),
            TopP = json.Number("top_p"),
            TopLogprobs = (int?)json.Whole("top_logprobs"),
            Logprobs = json.Member("include").Texts().Contains("message.output_text.logprobs"),
            Output = text?.Object("format") is { } format ? ReadOutput(format) : null,
            Verbosity = text?.Text("verbosity"),
            Reasoning = reasoning is { } asked && (asked.Text("effort") is not null || asked.Text("summary") is not null)
                ? new Reasoning(asked.Text("effort"), null, asked.Text("summary") is not null ? true : null) : null,
            User = json.Text("user") ?? json.Text("safety_identifier"),
            ServiceTier = json.Text("service_tier"),
            Metadata = json.Object("metadata") is { } metadata && metadata.EnumerateObject().Any() ? metadata : null,
        };
    }

    /// <summary>What a model said, as an element of a request or of a reply; null when the element has no word elsewhere.</summary>
    public static IReadOnlyList<Part>? ReadSaid(JsonElement element, Dropped? dropped) => element.Text("type") switch
    {
        "function_call" => [new Part.Call(element.Text("call_id") ?? "", element.Text("name") ?? "", element.Text("arguments") ?? "")],
        "reasoning" => [ReadReasoning(element)],
        null or "message" => [.. ReadContent(element.Member("content"), dropped)],
        _ => null,
    };

    private static CallRefusal Kept(string member) => CallRefusal.Invalid(
        $"'{member}' names something that OpenAI keeps; the model that was asked for is served elsewhere. Send the whole conversation in 'input'.",
        member, "previous_response_elsewhere");

    private static Part.Thinking ReadReasoning(JsonElement element)
    {
        var shown = element.Objects("summary").Concat(element.Objects("content")).Select(part => part.Text("text")).OfType<string>();
        return new Part.Thinking(string.Join("\n\n", shown), element.Text("encrypted_content")) { Id = element.Text("id") };
    }

    private static IEnumerable<Part> ReadContent(JsonElement? content, Dropped? dropped)
    {
        if (content.Text() is { } only)
        {
            if (only.Length > 0) yield return new Part.Text(only);
            yield break;
        }

        foreach (var part in content.Objects())
        {
            switch (part.Text("type"))
            {
                case "input_text" or "output_text" or "text":
                    yield return new Part.Text(part.Text("text") ?? "");
                    break;
                case "refusal":
                    yield return new Part.Refusal(part.Text("refusal") ?? "");
                    break;
                case "input_image":
                    var from = part.Text("image_url") is { } url ? Source.OfUrl(url) : new Source { File = part.Text("file_id") };
                    yield return new Part.Image(from) { Detail = part.Text("detail") };
                    break;
                case "input_file":
                    var file = part.Text("file_data") is { } bytes ? Source.OfUrl(bytes)
                        : part.Text("file_url") is { } address ? new Source { Url = address } : new Source { File = part.Text("file_id") };
                    yield return new Part.Document(file) { Title = part.Text("filename") };
                    break;
                case "input_audio" when part.Object("input_audio") is { } audio:
                    yield return new Part.Audio(audio.Text("format") ?? "", audio.Text("data") ?? "");
                    break;
                case var other:
                    dropped?.Add($"input.content.{other}");
                    break;
            }
        }
    }

    private void ReadElement(JsonElement element, Turns turns)
    {
        var type = element.Text("type");
        if (type == "item_reference") throw Kept("item_reference");
        if (type == "function_call_output")
        {
            var parts = ReadContent(element.Member("output"), dropped).ToList();
            turns.Add(TurnRole.Tool, [new Part.Result(element.Text("call_id") ?? "", null, new EquatableParts(parts))], join: true);
            return;
        }

        var role = element.Text("role");
        if (type is "function_call" or "reasoning" || (type is null or "message" && role == "assistant"))
        {
            // Reasoning, words and calls of one turn are elements of their own.
            turns.Add(TurnRole.Assistant, ReadSaid(element, dropped)!, join: true);
            return;
        }

        if (type is not (null or "message"))
        {
            dropped.Add($"input.{type}");
            return;
        }

        var side = role switch { "system" => TurnRole.System, "developer" => TurnRole.Developer, _ => TurnRole.User };
        turns.Add(side, ReadContent(element.Member("content"), dropped), join: false);
    }

    private Tool? ReadTool(JsonElement tool)
    {
        if (tool.Text("type") == "function")
            return new Tool(tool.Text("name") ?? "", tool.Text("description"), tool.Object("parameters")) { Strict = tool.Flag("strict") };
        dropped.Add($"tools.{tool.Text("type")}");
        return null;
    }

    private ToolChoice? ReadChoice(JsonElement? choice)
    {
        if (choice.Text() is { } word)
            return word switch { "none" => new ToolChoice(ToolMode.None), "required" => new ToolChoice(ToolMode.Required), _ => new ToolChoice(ToolMode.Auto) };
        if (choice is null) return null;
        if (choice.Value.Text("type") == "function" && choice.Value.Text("name") is { } name) return new ToolChoice(ToolMode.Named, name);
        dropped.Add("tool_choice");
        return null;
    }

    private static OutputShape? ReadOutput(JsonElement format) => format.Text("type") switch
    {
        "json_object" => new OutputShape(null),
        "json_schema" => new OutputShape(format.Object("schema"), format.Text("name"), format.Text("description"), format.Flag("strict")),
        _ => null,
    };
}
