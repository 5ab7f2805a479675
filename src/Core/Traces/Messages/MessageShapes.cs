using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>Reads messages in any of the forms that providers and frameworks write them in.</summary>
/// <remarks>
/// Known forms: OpenTelemetry's role and parts; chat completions and responses of OpenAI (requests, answers, items); Anthropic's
/// messages; Gemini's contents and candidates; Bedrock's converse; the AI SDK's parts; Genkit's; LangChain's serialized messages and
/// generations; OpenInference's after its keys are unfolded. What is none of them becomes a text.
/// </remarks>
internal static class MessageShapes
{
    private static readonly string[] Wrappers = ["messages", "contents", "choices", "candidates", "generations", "output", "input", "message", "response", "data"];

    public static void Read(JsonElement told, string role, IMessageSink sink) => Read(told, role, sink, 0);

    private static void Read(JsonElement told, string role, IMessageSink sink, int depth)
    {
        switch (told.ValueKind)
        {
            case JsonValueKind.Array when told.GetArrayLength() > 0 && IsParts(told):
                sink.Begin(role);
                ReadContent(told, sink);
                sink.End(null);
                break;
            case JsonValueKind.Array:
                foreach (var one in told.EnumerateArray())
                    if (depth < 8) Read(one, role, sink, depth + 1);
                break;
            case JsonValueKind.Object:
                ReadObject(told, role, sink, depth);
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                break;
            default:
                ReadText(told, role, sink, depth);
                break;
        }
    }

    private static void ReadText(JsonElement told, string role, IMessageSink sink, int depth)
    {
        var text = told.ValueKind == JsonValueKind.String ? told.GetString()! : told.GetRawText();
        if (text.Length == 0) return;
        // A text that holds messages in turn, such as LangChain's.
        if (depth < 2 && LenientJson.ParseText(text) is { } inner)
        {
            using (inner)
            {
                if (IsKnown(inner.RootElement))
                {
                    Read(inner.RootElement, role, sink, depth + 1);
                    return;
                }
            }
        }

        sink.Begin(role);
        sink.Text(text);
        sink.End(null);
    }

    private static void ReadObject(JsonElement told, string role, IMessageSink sink, int depth)
    {
        if (depth > 8 || PlainMessages.Read(told, sink)) return;
        if (Json.Get(told, "kwargs") is { ValueKind: JsonValueKind.Object } langChain) told = Typed(told, langChain);
        if (IsMessage(told))
        {
            ReadMessage(told, role, sink);
            return;
        }

        if (ReadItem(told, role, sink)) return;
        ReadSystem(told, sink, depth);
        foreach (var name in Wrappers)
        {
            if (Json.Get(told, name) is not { } inner || inner.ValueKind is JsonValueKind.Null) continue;
            if (name is "choices" or "candidates") ReadChoices(inner, sink, depth);
            else if (name == "message" && inner.ValueKind == JsonValueKind.Object)
                ReadMessage(Json.Get(inner, "kwargs") is { ValueKind: JsonValueKind.Object } built ? Typed(inner, built) : inner, role, sink, Json.Text(told, "finish_reason", "finishReason") ?? Json.Text(Json.Get(told, "generationInfo", "generation_info") ?? default, "finish_reason"));
            else Read(inner, name is "choices" or "output" or "response" or "generations" ? "assistant" : role, sink, depth + 1);
            return;
        }

        if (Json.Text(told, "prompt", "question", "query", "text", "answer", "result", "generated_text", "completion", "value") is { Length: > 0 } text)
        {
            sink.Begin(role);
            sink.Text(text);
            sink.End(Json.Text(told, "finish_reason", "finishReason"));
            return;
        }

        if (told.EnumerateObject().MoveNext())
        {
            sink.Begin(role);
            sink.Text(told.GetRawText());
            sink.End(null);
        }
    }

    // Providers put the instructions beside the messages.
    private static void ReadSystem(JsonElement told, IMessageSink sink, int depth)
    {
        var config = Json.Get(told, "config") ?? told;
        foreach (var name in (ReadOnlySpan<string>)["system", "instructions", "systemInstruction", "system_instruction", "systemPrompt"])
        {
            if ((Json.Get(told, name) ?? Json.Get(config, name)) is not { } system || system.ValueKind is JsonValueKind.Null) continue;
            if (system.ValueKind == JsonValueKind.Object && Json.Get(system, "parts") is { } parts) system = parts;
            // An answer repeats its request's instructions.
            if (Json.Get(told, "object") is { ValueKind: JsonValueKind.String } kind && kind.GetString() == "response") return;
            Read(system, "system", sink, depth + 1);
            return;
        }
    }

    private static void ReadChoices(JsonElement choices, IMessageSink sink, int depth)
    {
        if (choices.ValueKind != JsonValueKind.Array) return;
        foreach (var choice in choices.EnumerateArray())
        {
            var finish = Json.Text(choice, "finish_reason", "finishReason");
            var message = Json.Get(choice, "message") ?? Json.Get(choice, "delta") ?? Json.Get(choice, "content");
            if (message is { ValueKind: JsonValueKind.Object } whole) ReadMessage(whole, "assistant", sink, finish);
            else if (message is { } bare) Read(bare, "assistant", sink, depth + 1);
            else if (Json.Text(choice, "text") is { } text)
            {
                sink.Begin("assistant");
                sink.Text(text);
                sink.End(finish);
            }
        }
    }

    private static void ReadMessage(JsonElement told, string role, IMessageSink sink, string? finish = null)
    {
        if (Json.Get(told, "message") is { ValueKind: JsonValueKind.Object } inner && Json.Get(told, "content") is null) told = inner;
        if (Json.Get(told, "content") is { ValueKind: JsonValueKind.Object } content && Json.Get(content, "parts") is not null && Json.Get(told, "role") is null)
        {
            finish ??= Json.Text(told, "finishReason", "finish_reason");
            told = content;
        }

        role = Role(Json.Text(told, "role", "type") ?? role, role);
        sink.Begin(role);
        if (Json.Text(told, "reasoning_content", "reasoning", "reasoningText", "thinking") is { Length: > 0 } thought) sink.Reasoning(thought);
        var toolCall = Json.Text(told, "tool_call_id", "toolCallId");
        if ((role == "tool" || toolCall is not null) && Json.Get(told, "parts") is null && Json.Get(told, "content") is { } result && !HoldsToolParts(result))
            sink.ToolResult(toolCall ?? Json.Text(told, "id"), result);
        else
        {
            // Where the parts are told in order, the plain content repeats them.
            ReadContent(Json.Get(told, "parts", "contents", "content", "text") ?? default, sink);
        }

        if (Json.Text(told, "refusal") is { Length: > 0 } refusal) sink.Text(refusal);
        var calls = Json.Get(told, "tool_calls") ?? Json.Get(told, "toolCalls")
            ?? (Json.Get(told, "additional_kwargs") is { } more ? Json.Get(more, "tool_calls") : null);
        if (calls is { ValueKind: JsonValueKind.Array } list)
            foreach (var call in list.EnumerateArray()) ReadCall(call, sink);
        if (Json.Get(told, "function_call") is { ValueKind: JsonValueKind.Object } old) ReadCall(old, sink);
        sink.End(finish ?? Json.Text(told, "finish_reason", "finishReason", "stop_reason", "stopReason"));
    }

    private static bool HoldsToolParts(JsonElement content) =>
        content.ValueKind == JsonValueKind.Array && content.EnumerateArray().Any(part => Json.Text(part, "type") is "tool-result" or "tool_result" or "tool_call_response");

    private static void ReadContent(JsonElement content, IMessageSink sink)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                if (content.GetString() is { Length: > 0 } text) sink.Text(text);
                break;
            case JsonValueKind.Array:
                foreach (var part in content.EnumerateArray()) ReadPart(part, sink);
                break;
            case JsonValueKind.Object:
                ReadPart(content, sink);
                break;
        }
    }

    internal static void ReadPart(JsonElement part, IMessageSink sink)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            ReadContent(part, sink);
            return;
        }

        if (Json.Get(part, "message_content") is { ValueKind: JsonValueKind.Object } folded && Json.Get(part, "tool_call") is null) part = folded;
        switch (Json.Text(part, "type"))
        {
            case "text" or "input_text" or "output_text" or "summary_text" when TextOf(part) is { } text:
                if (text.Length > 0) sink.Text(text);
                return;
            case "reasoning" or "thinking" or "reasoning_text" or "redacted_thinking" when ThoughtOf(part) is { } thought:
                if (thought.Length > 0) sink.Reasoning(thought);
                return;
            case "tool_call" or "tool-call" or "tool_use" or "function_call" or "server_tool_call" or "server_tool_use":
                ReadCall(part, sink);
                return;
            case "tool_call_response" or "tool-result" or "tool_result" or "function_call_output" or "server_tool_call_response":
                sink.ToolResult(Json.Text(part, "id", "toolCallId", "tool_use_id", "tool_call_id", "call_id"), Unwrapped(Json.Get(part, "response", "result", "output", "content")));
                return;
        }

        ReadUntypedPart(part, sink);
    }

    // Gemini, Genkit and Bedrock tell the kind of a part by the name of its one member.
    private static void ReadUntypedPart(JsonElement part, IMessageSink sink)
    {
        if (Json.Get(part, "functionCall", "function_call", "toolRequest", "toolUse", "tool_call") is { ValueKind: JsonValueKind.Object } call) ReadCall(call, sink);
        else if (Json.Get(part, "functionResponse", "function_response", "toolResponse", "toolResult") is { ValueKind: JsonValueKind.Object } result)
            sink.ToolResult(Json.Text(result, "id", "ref", "toolUseId"), Unwrapped(Json.Get(result, "response", "output", "content")));
        else if (Json.Get(part, "reasoningContent") is { ValueKind: JsonValueKind.Object } bedrock) sink.Reasoning(ThoughtOf(Json.Get(bedrock, "reasoningText") ?? bedrock) ?? "");
        else if (Json.Text(part, "reasoning") is { } thought) sink.Reasoning(thought);
        else if (Json.Text(part, "text") is { } text && Json.Get(part, "type") is null or { ValueKind: JsonValueKind.Null })
        {
            if (Json.Get(part, "thought") is { ValueKind: JsonValueKind.True }) sink.Reasoning(text);
            else if (text.Length > 0) sink.Text(text);
        }
        else sink.Other(part);
    }

    /// <summary>Items of OpenAI's responses that are no messages.</summary>
    private static bool ReadItem(JsonElement told, string role, IMessageSink sink)
    {
        switch (Json.Text(told, "type"))
        {
            case "function_call" or "tool_call" or "tool_use" or "mcp_call":
                sink.Begin("assistant");
                ReadCall(told, sink);
                break;
            case "function_call_output" or "function_call_result" or "tool_call_response" or "tool_result":
                sink.Begin("tool");
                ReadPart(told, sink);
                break;
            case "reasoning" or "thinking":
                sink.Begin("assistant");
                ReadPart(told, sink);
                break;
            case "text" or "input_text" or "output_text":
                sink.Begin(role);
                ReadPart(told, sink);
                break;
            default:
                return false;
        }

        sink.End(null);
        return true;
    }

    internal static void ReadCall(JsonElement call, IMessageSink sink)
    {
        if (call.ValueKind != JsonValueKind.Object) return;
        if (Json.Get(call, "tool_call") is { ValueKind: JsonValueKind.Object } folded) call = folded;
        var function = Json.Get(call, "function") is { ValueKind: JsonValueKind.Object } inner ? inner : call;
        var name = Json.Text(function, "name", "toolName", "tool_name");
        if (name is null) return;
        var id = Json.Text(call, "call_id", "callId", "id", "toolCallId", "tool_call_id", "toolUseId", "ref");
        sink.ToolCall(string.IsNullOrEmpty(id) ? null : id, name, Json.Get(function, "arguments", "args", "input", "parameters") ?? default);
    }

    private static string? TextOf(JsonElement part) => Json.Text(part, "content", "text", "value")
        ?? (Json.Get(part, "text") is { ValueKind: JsonValueKind.Object } nested ? Json.Text(nested, "value") : null);

    private static string? ThoughtOf(JsonElement part)
    {
        if (Json.Text(part, "content", "text", "thinking", "reasoning") is { } text) return text;
        foreach (var name in (ReadOnlySpan<string>)["summary", "content"])
        {
            if (Json.Get(part, name) is not { ValueKind: JsonValueKind.Array } list) continue;
            var texts = list.EnumerateArray().Select(one => one.ValueKind == JsonValueKind.String ? one.GetString() : Json.Text(one, "text", "content")).Where(one => !string.IsNullOrEmpty(one));
            if (string.Join('\n', texts) is { Length: > 0 } joined) return joined;
        }

        return Json.Get(part, "summary", "data") is null ? null : "";
    }

    // The AI SDK wraps a result by its kind.
    private static JsonElement Unwrapped(JsonElement? result) =>
        result is { ValueKind: JsonValueKind.Object } wrapped && Json.Text(wrapped, "type") is "json" or "text" or "error-text" or "error-json" && Json.Get(result.Value, "value") is { } value
            ? value : result ?? default;

    internal static string Role(string told, string otherwise) => told switch
    {
        "user" or "assistant" or "system" or "tool" => told,
        _ => RoleOf(told.ToLowerInvariant(), otherwise),
    };

    private static string RoleOf(string told, string otherwise) => told switch
    {
        "human" or "user" or "humanmessage" => "user",
        "ai" or "model" or "assistant" or "aimessage" or "aimessagechunk" => "assistant",
        "system" or "developer" or "systemmessage" => "system",
        "tool" or "function" or "toolmessage" => "tool",
        "message" or "" => otherwise,
        var other => other,
    };

    // LangChain serializes a message as a constructor call, the class last in its id; a generation holds one.
    private static JsonElement Typed(JsonElement told, JsonElement kwargs)
    {
        if (Json.Get(kwargs, "message") is { ValueKind: JsonValueKind.Object } message)
            return Json.Get(message, "kwargs") is { ValueKind: JsonValueKind.Object } inner ? Typed(message, inner) : message;
        if (Json.Get(kwargs, "type", "role") is not null || Json.Get(told, "id") is not { ValueKind: JsonValueKind.Array } path || path.GetArrayLength() == 0) return kwargs;
        var members = kwargs.EnumerateObject().GroupBy(member => member.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Value);
        members["role"] = path[path.GetArrayLength() - 1];
        return JsonSerializer.SerializeToElement(members, MessagesJson.Default.DictionaryStringJsonElement);
    }

    private static bool IsMessage(JsonElement told) =>
        Json.Get(told, "role") is { ValueKind: JsonValueKind.String }
        || Json.Get(told, "parts") is { ValueKind: JsonValueKind.Array }
        || Json.Get(told, "tool_calls", "toolCalls") is { ValueKind: JsonValueKind.Array }
        || (Json.Text(told, "type") is "human" or "ai" or "system" or "tool" or "message" && Json.Get(told, "content") is not null)
        || (Json.Get(told, "generationInfo", "generation_info") is null && Json.Get(told, "message") is { ValueKind: JsonValueKind.Object } inner && (Json.Get(inner, "role") ?? Json.Get(inner, "contents")) is not null && Json.Get(told, "finish_reason", "finishReason") is null)
        || (Json.Get(told, "content") is { ValueKind: JsonValueKind.String or JsonValueKind.Array } && Json.Text(told, "type") is null or "message")
        || (Json.Get(told, "content") is { ValueKind: JsonValueKind.Object } content && Json.Get(content, "parts") is not null);

    /// <summary>True for an element that is messages by its form, not any JSON.</summary>
    public static bool IsKnown(JsonElement told) => told.ValueKind switch
    {
        JsonValueKind.Object => IsMessage(told) || Json.Get(told, "kwargs") is not null || Wrappers.Any(name => Json.Get(told, name) is { ValueKind: JsonValueKind.Array or JsonValueKind.Object }),
        JsonValueKind.Array => told.GetArrayLength() > 0 && (IsParts(told) || told.EnumerateArray().All(IsKnown)),
        _ => false,
    };

    private static bool IsParts(JsonElement list)
    {
        foreach (var one in list.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object || Json.Get(one, "role") is not null) return false;
            // Items of OpenAI's responses stand for themselves.
            if (Json.Text(one, "type") is { } type ? type is "message" or "human" or "ai" or "system" or "tool" or "function_call" or "function_call_output" or "function_call_result" or "constructor" || type.EndsWith("_call", StringComparison.Ordinal)
                : Json.Get(one, "text", "functionCall", "functionResponse", "toolRequest", "toolResponse", "inlineData", "media") is null) return false;
        }

        return true;
    }
}
