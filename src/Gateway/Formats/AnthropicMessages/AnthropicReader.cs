using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Reads a Messages request into the neutral form.</summary>
internal sealed class AnthropicReader(Dropped dropped)
{
    private static readonly HashSet<string> Known =
    [
        "model", "messages", "system", "stream", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "thinking",
        "metadata", "service_tier", "output_config", "output_format",
    ];

    public NeutralRequest Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        if (json.Member("thread") is not null)
            throw CallRefusal.Invalid("'thread' goes on from messages that Anthropic keeps; the model that was asked for is served elsewhere. Send all messages.", "thread", "thread_elsewhere");
        foreach (var member in json.EnumerateObject())
            dropped.AddIf(!Known.Contains(member.Name) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False), member.Name);
        var turns = new Turns();
        if (json.Member("system") is { } system) turns.Add(TurnRole.System, ReadBlocks(system, "system"), join: false);
        foreach (var message in json.Objects("messages"))
        {
            var role = message.Text("role");
            if (message.Member("content") is not { } content) continue;
            var parts = ReadBlocks(content, "messages").ToList();
            if (role is "assistant" or "system") turns.Add(role == "system" ? TurnRole.System : TurnRole.Assistant, parts, join: false);
            else
            {
                // Results of tools stand among what the user says.
                var results = parts.Where(part => part is Part.Result).ToList();
                if (results.Count > 0) turns.Add(TurnRole.Tool, results, join: false);
                if (parts.Count > results.Count) turns.Add(TurnRole.User, parts.Where(part => part is not Part.Result), join: false);
            }
        }

        var choice = json.Object("tool_choice");
        return new NeutralRequest
        {
            Model = json.Text("model") ?? "",
            Stream = json.Flag("stream") ?? false,
            Turns = turns.ToList(),
            Tools = [.. json.Objects("tools").Select(ReadTool).OfType<Tool>()],
            ToolChoice = choice?.Text("type") switch
            {
                "auto" => new ToolChoice(ToolMode.Auto),
                "none" => new ToolChoice(ToolMode.None),
                "any" => new ToolChoice(ToolMode.Required),
                "tool" => new ToolChoice(ToolMode.Named, choice.Value.Text("name")),
                _ => null,
            },
            ParallelTools = choice?.Flag("disable_parallel_tool_use") is { } disabled ? !disabled : null,
            MaxTokens = json.Whole("max_tokens"),
            Temperature = json.Number("temperature"),
            TopP = json.Number("top_p"),
            TopK = json.Whole("top_k"),
            Stop = json.Member("stop_sequences").Texts(),
            Output = ReadOutput(json),
            Reasoning = ReadThinking(json),
            User = json.Object("metadata")?.Text("user_id"),
            ServiceTier = json.Text("service_tier") switch { "standard_only" => "default", var tier => tier },
        };
    }

    /// <summary>What a message says.</summary>
    public static IEnumerable<Part> ReadBlocks(JsonElement content, string where, Dropped? dropped)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            if (content.GetString() is { Length: > 0 } only) yield return new Part.Text(only);
            yield break;
        }

        foreach (var block in ((JsonElement?)content).Objects())
        {
            var cache = block.Object("cache_control") is { } mark ? new CacheMark(mark.Text("ttl")) : null;
            switch (block.Text("type"))
            {
                case "text":
                    yield return new Part.Text(block.Text("text") ?? "") { Cache = cache };
                    break;
                case "thinking":
                    yield return new Part.Thinking(block.Text("thinking") ?? "", block.Text("signature")) { Cache = cache };
                    break;
                case "redacted_thinking":
                    yield return new Part.Hidden(block.Text("data") ?? "") { Cache = cache };
                    break;
                case "tool_use":
                    yield return new Part.Call(block.Text("id") ?? "", block.Text("name") ?? "", block.Member("input")?.GetRawText() ?? "{}") { Cache = cache };
                    break;
                case "tool_result":
                    var parts = block.Member("content") is { } said ? ReadBlocks(said, where, dropped).ToList() : [];
                    yield return new Part.Result(block.Text("tool_use_id") ?? "", null, new EquatableParts(parts)) { IsError = block.Flag("is_error") ?? false, Cache = cache };
                    break;
                case "image" when block.Object("source") is { } source:
                    yield return new Part.Image(ReadSource(source)) { Cache = cache };
                    break;
                case "document" when block.Object("source") is { } source && source.Text("type") != "content":
                    dropped?.AddIf(block.Object("citations") is not null, $"{where}.citations");
                    yield return new Part.Document(ReadSource(source)) { Title = block.Text("title"), Cache = cache };
                    break;
                case var other:
                    dropped?.Add($"{where}.{other}");
                    break;
            }
        }
    }

    private IEnumerable<Part> ReadBlocks(JsonElement content, string where) => ReadBlocks(content, where, dropped);

    private static Source ReadSource(JsonElement source) => source.Text("type") switch
    {
        "url" => new Source { Url = source.Text("url") },
        "file" => new Source { File = source.Text("file_id") },
        "text" => new Source { MediaType = source.Text("media_type") ?? "text/plain", Text = source.Text("data") },
        _ => new Source { MediaType = source.Text("media_type"), Base64 = source.Text("data") },
    };

    private Tool? ReadTool(JsonElement tool)
    {
        if (tool.Text("type") is null or "custom")
        {
            return new Tool(tool.Text("name") ?? "", tool.Text("description"), tool.Object("input_schema"))
            {
                Strict = tool.Flag("strict"),
                Cache = tool.Object("cache_control") is { } mark ? new CacheMark(mark.Text("ttl")) : null,
            };
        }

        dropped.Add($"tools.{tool.Text("type")}");
        return null;
    }

    private static OutputShape? ReadOutput(JsonElement json)
    {
        var format = json.Object("output_config")?.Object("format") ?? json.Object("output_format");
        return format?.Text("type") == "json_schema" ? new OutputShape(format.Value.Object("schema")) : null;
    }

    private static Reasoning? ReadThinking(JsonElement json)
    {
        var effort = json.Object("output_config")?.Text("effort");
        var thinking = json.Object("thinking");
        if (effort is null && thinking is null) return null;
        return thinking?.Text("type") == "disabled" ? new Reasoning(null, 0, null) : new Reasoning(effort, thinking?.Whole("budget_tokens"), null);
    }
}
