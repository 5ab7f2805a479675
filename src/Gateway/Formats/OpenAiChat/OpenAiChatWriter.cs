using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.OpenAiChat;

/// <summary>Says a neutral request as a chat completions request.</summary>
internal sealed class OpenAiChatWriter(Dropped dropped)
{
    public ReadOnlyMemory<byte> Write(NeutralRequest request) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("model", request.Model);
        json.WriteStartArray("messages");
        foreach (var turn in request.Turns) WriteTurn(json, turn);
        json.WriteEndArray();
        WriteTools(json, request);
        // OpenAI's own newer models know one name of the limit, compatible servers the other.
        json.WriteIf(IsOpenAi(request.Model) ? "max_completion_tokens" : "max_tokens", request.MaxTokens);
        json.WriteIf("temperature", request.Temperature);
        json.WriteIf("top_p", request.TopP);
        // Servers of open models know it; OpenAI does not.
        if (IsOpenAi(request.Model)) dropped.AddIf(request.TopK is not null, "top_k");
        else json.WriteIf("top_k", request.TopK);
        json.WriteIf("seed", request.Seed);
        json.WriteIf("frequency_penalty", request.FrequencyPenalty);
        json.WriteIf("presence_penalty", request.PresencePenalty);
        if (request.Stop.Count > 0)
        {
            json.WriteStartArray("stop");
            foreach (var stop in request.Stop) json.WriteStringValue(stop);
            json.WriteEndArray();
        }

        if (request.Choices != 1) json.WriteNumber("n", request.Choices);
        if (request.Logprobs) json.WriteBoolean("logprobs", true);
        json.WriteIf("top_logprobs", request.TopLogprobs);
        WriteOutput(json, request.Output);
        json.WriteIf("reasoning_effort", Effort(request.Reasoning));
        json.WriteIf("user", request.User);
        json.WriteIf("service_tier", request.ServiceTier);
        json.WriteIf("verbosity", request.Verbosity);
        if (request.Metadata is { } metadata) json.Write("metadata", metadata);
        if (request.Stream)
        {
            json.WriteBoolean("stream", true);
            if (request.StreamUsage)
            {
                json.WriteStartObject("stream_options");
                json.WriteBoolean("include_usage", true);
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    });

    /// <summary>The word for how hard to think; numbers of tokens are rounded to one.</summary>
    public string? Effort(Reasoning? reasoning)
    {
        if (reasoning is null) return null;
        if (reasoning.Effort is { } effort) return effort;
        if (reasoning.Tokens is not { } tokens) return null;
        dropped.Add("reasoning.budget");
        return tokens switch { <= 0 => "minimal", < 2048 => "low", < 8192 => "medium", _ => "high" };
    }

    private static bool IsOpenAi(string model) => model.StartsWith("gpt-", StringComparison.Ordinal) || model is ['o', >= '0' and <= '9', ..];

    private void WriteTurn(Utf8JsonWriter json, Turn turn)
    {
        if (turn.Role == TurnRole.Tool)
        {
            foreach (var result in turn.Parts.OfType<Part.Result>())
            {
                dropped.AddIf(result.IsError, "tool_result.is_error");
                dropped.AddIf(result.Cache is not null, "cache_control");
                json.WriteStartObject();
                json.WriteString("role", "tool");
                json.WriteString("tool_call_id", result.Id);
                WriteContent(json, result.Parts.List, "tool_result");
                json.WriteEndObject();
            }

            return;
        }

        json.WriteStartObject();
        json.WriteString("role", turn.Role switch { TurnRole.System => "system", TurnRole.Developer => "developer", TurnRole.Assistant => "assistant", _ => "user" });
        if (turn.Role == TurnRole.Assistant) WriteSaid(json, turn.Parts);
        else WriteContent(json, turn.Parts, "content");
        json.WriteEndObject();
    }

    private void WriteSaid(Utf8JsonWriter json, IReadOnlyList<Part> parts)
    {
        // OpenAI refuses messages with members that it does not know.
        dropped.AddIf(parts.Any(part => part is Part.Thinking or Part.Hidden), "thinking");
        var texts = parts.Where(part => part is Part.Text or Part.Refusal).ToList();
        dropped.AddIf(parts.Any(part => part.Cache is not null), "cache_control");
        if (texts.Count == 0) json.WriteNull("content");
        else if (texts is [Part.Text only]) json.WriteString("content", only.Content);
        else
        {
            json.WriteStartArray("content");
            foreach (var part in texts)
            {
                json.WriteStartObject();
                json.WriteString("type", part is Part.Text ? "text" : "refusal");
                json.WriteString(part is Part.Text ? "text" : "refusal", part is Part.Text text ? text.Content : ((Part.Refusal)part).Content);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        var calls = parts.OfType<Part.Call>().ToList();
        if (calls.Count == 0) return;
        json.WriteStartArray("tool_calls");
        foreach (var call in calls) WriteCall(json, call, null);
        json.WriteEndArray();
    }

    public static void WriteCall(Utf8JsonWriter json, Part.Call call, int? index)
    {
        json.WriteStartObject();
        json.WriteIf("index", index);
        json.WriteString("id", call.Id);
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", call.Name);
        json.WriteString("arguments", call.Arguments);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteContent(Utf8JsonWriter json, IReadOnlyList<Part> parts, string where)
    {
        dropped.AddIf(parts.Any(part => part.Cache is not null), "cache_control");
        if (parts.Count == 0)
        {
            json.WriteString("content", "");
            return;
        }

        if (parts is [Part.Text only])
        {
            json.WriteString("content", only.Content);
            return;
        }

        json.WriteStartArray("content");
        foreach (var part in parts)
        {
            // A tool's message has text alone.
            if (where != "tool_result" || part is Part.Text) WritePart(json, part, where);
            else dropped.Add($"{where}.{Name(part)}");
        }

        json.WriteEndArray();
    }

    private void WritePart(Utf8JsonWriter json, Part part, string where)
    {
        switch (part)
        {
            case Part.Text text:
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("text", text.Content);
                json.WriteEndObject();
                break;
            case Part.Image image when image.From.ToUrl() is { } url:
                json.WriteStartObject();
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteString("url", url);
                json.WriteIf("detail", image.Detail);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case Part.Audio audio:
                json.WriteStartObject();
                json.WriteString("type", "input_audio");
                json.WriteStartObject("input_audio");
                json.WriteString("data", audio.Base64);
                json.WriteString("format", audio.Format);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case Part.Document document when document.From.File is not null || document.From.Bytes() is not null:
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteIf("filename", document.Title ?? (document.From.File is null ? "document" : null));
                json.WriteIf("file_id", document.From.File);
                if (document.From.File is null) json.WriteString("file_data", document.From.ToUrl());
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                dropped.Add($"{where}.{Name(part)}");
                break;
        }
    }

    private static string Name(Part part) => part.GetType().Name.ToLowerInvariant();

    private void WriteTools(Utf8JsonWriter json, NeutralRequest request)
    {
        if (request.Tools.Count > 0)
        {
            json.WriteStartArray("tools");
            foreach (var tool in request.Tools)
            {
                dropped.AddIf(tool.Cache is not null, "cache_control");
                json.WriteStartObject();
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", tool.Name);
                json.WriteIf("description", tool.Description);
                if (tool.Schema is { } schema) json.Write("parameters", schema);
                json.WriteIf("strict", tool.Strict);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        switch (request.ToolChoice)
        {
            case { Mode: ToolMode.Named, Name: { } name }:
                json.WriteStartObject("tool_choice");
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", name);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case { } choice:
                json.WriteString("tool_choice", choice.Mode switch { ToolMode.None => "none", ToolMode.Required => "required", _ => "auto" });
                break;
        }

        json.WriteIf("parallel_tool_calls", request.ParallelTools);
    }

    private static void WriteOutput(Utf8JsonWriter json, OutputShape? output)
    {
        if (output is null) return;
        json.WriteStartObject("response_format");
        json.WriteString("type", output.Schema is null ? "json_object" : "json_schema");
        if (output.Schema is { } schema)
        {
            json.WriteStartObject("json_schema");
            json.WriteString("name", output.Name ?? "output");
            json.WriteIf("description", output.Description);
            json.Write("schema", schema);
            json.WriteIf("strict", output.Strict);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
