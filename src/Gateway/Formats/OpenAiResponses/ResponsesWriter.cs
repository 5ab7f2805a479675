using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>Says a neutral request as a Responses request that leaves nothing with the provider.</summary>
internal sealed class ResponsesWriter(Dropped dropped)
{
    public ReadOnlyMemory<byte> Write(NeutralRequest request) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("model", request.Model);
        var turns = request.Turns;
        if (turns is [{ Role: TurnRole.System, Parts: [Part.Text { Cache: null } instructions] }, ..])
        {
            json.WriteString("instructions", instructions.Content);
            turns = [.. turns.Skip(1)];
        }

        json.WriteStartArray("input");
        foreach (var turn in turns) WriteTurn(json, turn);
        json.WriteEndArray();
        WriteTools(json, request);
        json.WriteIf("max_output_tokens", request.MaxTokens);
        json.WriteIf("temperature", request.Temperature);
        json.WriteIf("top_p", request.TopP);
        json.WriteIf("top_logprobs", request.TopLogprobs);
        WriteText(json, request);
        WriteReasoning(json, request);
        json.WriteIf("user", request.User);
        json.WriteIf("service_tier", request.ServiceTier);
        if (request.Metadata is { } metadata) json.Write("metadata", metadata);
        json.WriteBoolean("store", false);
        if (request.Stream) json.WriteBoolean("stream", true);
        dropped.AddIf(request.Stop.Count > 0, "stop");
        dropped.AddIf(request.Seed is not null, "seed");
        dropped.AddIf(request.TopK is not null, "top_k");
        dropped.AddIf(request.FrequencyPenalty is not null and not 0, "frequency_penalty");
        dropped.AddIf(request.PresencePenalty is not null and not 0, "presence_penalty");
        dropped.AddIf(request.Choices != 1, "n");
        json.WriteEndObject();
    });

    public static void WriteCall(Utf8JsonWriter json, Part.Call call, string? id, string status)
    {
        json.WriteStartObject();
        json.WriteString("type", "function_call");
        json.WriteIf("id", id);
        json.WriteString("call_id", call.Id);
        json.WriteString("name", call.Name);
        json.WriteString("arguments", call.Arguments);
        json.WriteString("status", status);
        json.WriteEndObject();
    }

    public static void WriteReasoning(Utf8JsonWriter json, Part part, string id)
    {
        var (text, signature) = part is Part.Thinking thinking ? (thinking.Content, thinking.Signature) : ("", ((Part.Hidden)part).Opaque);
        json.WriteStartObject();
        json.WriteString("type", "reasoning");
        json.WriteString("id", id);
        json.WriteStartArray("summary");
        if (text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "summary_text");
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteIf("encrypted_content", signature);
        json.WriteEndObject();
    }

    private void WriteTurn(Utf8JsonWriter json, Turn turn)
    {
        dropped.AddIf(turn.Parts.Any(part => part.Cache is not null), "cache_control");
        var words = new List<Part>();
        foreach (var (index, part) in turn.Parts.Index())
        {
            if (part is not (Part.Call or Part.Result or Part.Thinking or Part.Hidden))
            {
                words.Add(part);
                continue;
            }

            Flush();
            if (part is Part.Call call) WriteCall(json, call, null, "completed");
            else if (part is Part.Result result) WriteResult(json, result);
            else WriteReasoning(json, part, (part as Part.Thinking)?.Id ?? $"rs_{index}");
        }

        Flush();

        void Flush()
        {
            if (words.Count == 0) return;
            json.WriteStartObject();
            json.WriteString("type", "message");
            json.WriteString("role", turn.Role switch { TurnRole.System => "system", TurnRole.Developer => "developer", TurnRole.Assistant => "assistant", _ => "user" });
            json.WriteStartArray("content");
            foreach (var part in words) WritePart(json, part, turn.Role == TurnRole.Assistant);
            json.WriteEndArray();
            json.WriteEndObject();
            words.Clear();
        }
    }

    private void WriteResult(Utf8JsonWriter json, Part.Result result)
    {
        dropped.AddIf(result.IsError, "tool_result.is_error");
        json.WriteStartObject();
        json.WriteString("type", "function_call_output");
        json.WriteString("call_id", result.Id);
        if (result.Parts.List is [Part.Text only]) json.WriteString("output", only.Content);
        else if (result.Parts.List.Count == 0) json.WriteString("output", "");
        else
        {
            json.WriteStartArray("output");
            foreach (var part in result.Parts.List) WritePart(json, part, said: false);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, Part part, bool said)
    {
        switch (part)
        {
            case Part.Text text:
                json.WriteStartObject();
                json.WriteString("type", said ? "output_text" : "input_text");
                json.WriteString("text", text.Content);
                json.WriteEndObject();
                break;
            case Part.Refusal refusal:
                json.WriteStartObject();
                json.WriteString("type", "refusal");
                json.WriteString("refusal", refusal.Content);
                json.WriteEndObject();
                break;
            case Part.Image image:
                json.WriteStartObject();
                json.WriteString("type", "input_image");
                json.WriteIf("file_id", image.From.File);
                json.WriteIf("image_url", image.From.ToUrl());
                json.WriteIf("detail", image.Detail);
                json.WriteEndObject();
                break;
            case Part.Document document:
                json.WriteStartObject();
                json.WriteString("type", "input_file");
                json.WriteIf("file_id", document.From.File);
                json.WriteIf("file_url", document.From.Url);
                if (document.From.Bytes() is not null)
                {
                    json.WriteString("filename", document.Title ?? "document");
                    json.WriteString("file_data", document.From.ToUrl());
                }
                else json.WriteIf("filename", document.Title);
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
        }
    }

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
                json.WriteString("name", tool.Name);
                json.WriteIf("description", tool.Description);
                if (tool.Schema is { } schema) json.Write("parameters", schema);
                else json.WriteNull("parameters");
                // Left out it would mean true here and false elsewhere.
                json.WriteBoolean("strict", tool.Strict ?? false);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        switch (request.ToolChoice)
        {
            case { Mode: ToolMode.Named, Name: { } name }:
                json.WriteStartObject("tool_choice");
                json.WriteString("type", "function");
                json.WriteString("name", name);
                json.WriteEndObject();
                break;
            case { } choice:
                json.WriteString("tool_choice", choice.Mode switch { ToolMode.None => "none", ToolMode.Required => "required", _ => "auto" });
                break;
        }

        json.WriteIf("parallel_tool_calls", request.ParallelTools);
    }

    private static void WriteText(Utf8JsonWriter json, NeutralRequest request)
    {
        if (request.Output is null && request.Verbosity is null) return;
        json.WriteStartObject("text");
        if (request.Output is { } output)
        {
            json.WriteStartObject("format");
            json.WriteString("type", output.Schema is null ? "json_object" : "json_schema");
            if (output.Schema is { } schema)
            {
                json.WriteString("name", output.Name ?? "output");
                json.WriteIf("description", output.Description);
                json.Write("schema", schema);
                json.WriteIf("strict", output.Strict);
            }

            json.WriteEndObject();
        }

        json.WriteIf("verbosity", request.Verbosity);
        json.WriteEndObject();
    }

    private void WriteReasoning(Utf8JsonWriter json, NeutralRequest request)
    {
        var effort = new OpenAiChatWriter(dropped).Effort(request.Reasoning);
        var show = request.Reasoning?.Show == true;
        if (effort is not null || show)
        {
            json.WriteStartObject("reasoning");
            json.WriteIf("effort", effort);
            if (show) json.WriteString("summary", "auto");
            json.WriteEndObject();
        }

        if (!request.Logprobs && request.Reasoning is null) return;
        json.WriteStartArray("include");
        if (request.Logprobs) json.WriteStringValue("message.output_text.logprobs");
        // Nothing is kept, so reasoning has to travel with the conversation.
        if (request.Reasoning is not null) json.WriteStringValue("reasoning.encrypted_content");
        json.WriteEndArray();
    }
}
