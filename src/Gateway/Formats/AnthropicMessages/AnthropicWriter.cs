using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.AnthropicMessages;

/// <summary>Says a neutral request as a Messages request.</summary>
internal sealed class AnthropicWriter(Dropped dropped)
{
    // The format wants a limit; this one every model of the vendor takes.
    private const long DefaultMaxTokens = 4096;
    private const long LeastThinking = 1024;

    public ReadOnlyMemory<byte> Write(NeutralRequest request) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("model", request.Model);
        var limit = request.MaxTokens ?? DefaultMaxTokens;
        var thinking = Budget(request, ref limit);
        json.WriteNumber("max_tokens", limit);
        WriteSystem(json, request.Turns);
        WriteMessages(json, request.Turns.Where(turn => !turn.IsInstruction));
        WriteTools(json, request);
        if (thinking is { } budget)
        {
            json.WriteStartObject("thinking");
            json.WriteString("type", "enabled");
            json.WriteNumber("budget_tokens", budget);
            json.WriteEndObject();
        }

        WriteSampling(json, request, thinking is not null);
        if (request.Output is { Schema: { } schema })
        {
            json.WriteStartObject("output_config");
            json.WriteStartObject("format");
            json.WriteString("type", "json_schema");
            json.Write("schema", schema);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        dropped.AddIf(request.Output is { Schema: null }, "response_format.json_object");
        if (request.User is { } user)
        {
            json.WriteStartObject("metadata");
            json.WriteString("user_id", user);
            json.WriteEndObject();
        }

        switch (request.ServiceTier)
        {
            case "auto":
                json.WriteString("service_tier", "auto");
                break;
            case "default":
                json.WriteString("service_tier", "standard_only");
                break;
            case not null:
                dropped.Add("service_tier");
                break;
        }

        if (request.Stream) json.WriteBoolean("stream", true);
        json.WriteEndObject();
    });

    public static void WriteBlock(Utf8JsonWriter json, Part part, Dropped? dropped)
    {
        json.WriteStartObject();
        switch (part)
        {
            case Part.Text text:
                json.WriteString("type", "text");
                json.WriteString("text", text.Content);
                break;
            case Part.Refusal refusal:
                json.WriteString("type", "text");
                json.WriteString("text", refusal.Content);
                break;
            case Part.Thinking thinking:
                json.WriteString("type", "thinking");
                json.WriteString("thinking", thinking.Content);
                json.WriteString("signature", thinking.Signature ?? "");
                break;
            case Part.Hidden hidden:
                json.WriteString("type", "redacted_thinking");
                json.WriteString("data", hidden.Opaque);
                break;
            case Part.Call call:
                json.WriteString("type", "tool_use");
                json.WriteString("id", call.Id);
                json.WriteString("name", call.Name);
                json.WriteArguments("input", call.Arguments);
                break;
            case Part.Image image:
                json.WriteString("type", "image");
                WriteSource(json, image.From);
                dropped?.AddIf(image.Detail is not null, "image.detail");
                break;
            case Part.Document document:
                json.WriteString("type", "document");
                WriteSource(json, document.From);
                json.WriteIf("title", document.Title);
                break;
            case Part.Result result:
                json.WriteString("type", "tool_result");
                json.WriteString("tool_use_id", result.Id);
                if (result.Parts.List is [Part.Text { Cache: null } only]) json.WriteString("content", only.Content);
                else
                {
                    json.WriteStartArray("content");
                    foreach (var inner in result.Parts.List)
                        if (CanSay(inner, dropped)) WriteBlock(json, inner, dropped);
                    json.WriteEndArray();
                }

                if (result.IsError) json.WriteBoolean("is_error", true);
                break;
        }

        if (part.Cache is { } cache)
        {
            json.WriteStartObject("cache_control");
            json.WriteString("type", "ephemeral");
            json.WriteIf("ttl", cache.Keep);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static bool CanSay(Part part, Dropped? dropped)
    {
        switch (part)
        {
            case Part.Audio:
                dropped?.Add("content.audio");
                return false;
            // Empty blocks are refused, and reasoning that nobody signed is not known again.
            case Part.Text { Content.Length: 0 }:
                return false;
            case Part.Thinking { Signature: null }:
                dropped?.Add("thinking");
                return false;
            default:
                return true;
        }
    }

    private static void WriteSource(Utf8JsonWriter json, Source from)
    {
        json.WriteStartObject("source");
        if (from.File is { } file)
        {
            json.WriteString("type", "file");
            json.WriteString("file_id", file);
        }
        else if (from.Url is { } url)
        {
            json.WriteString("type", "url");
            json.WriteString("url", url);
        }
        else
        {
            json.WriteString("type", from.Text is null ? "base64" : "text");
            json.WriteString("media_type", from.MediaType ?? "application/octet-stream");
            json.WriteString("data", from.Text ?? from.Base64 ?? "");
        }

        json.WriteEndObject();
    }

    private static void WriteTurn(Utf8JsonWriter json, string role, IReadOnlyList<Part> parts, Dropped dropped)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        if (parts is [Part.Text { Cache: null } only]) json.WriteString("content", only.Content);
        else
        {
            json.WriteStartArray("content");
            foreach (var part in parts) WriteBlock(json, part, dropped);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteSystem(Utf8JsonWriter json, IReadOnlyList<Turn> turns)
    {
        var parts = turns.Where(turn => turn.IsInstruction).SelectMany(turn => turn.Parts).Where(part => CanSay(part, dropped)).ToList();
        dropped.AddIf(turns.SkipWhile(turn => turn.IsInstruction).Any(turn => turn.IsInstruction), "messages.system.position");
        if (parts.Count == 0) return;
        if (parts is [Part.Text { Cache: null } only])
        {
            json.WriteString("system", only.Content);
            return;
        }

        json.WriteStartArray("system");
        foreach (var part in parts) WriteBlock(json, part, dropped);
        json.WriteEndArray();
    }

    // Results of tools are said by the user, before anything else that the user says.
    private void WriteMessages(Utf8JsonWriter json, IEnumerable<Turn> turns)
    {
        json.WriteStartArray("messages");
        var parts = new List<Part>();
        string? role = null;
        foreach (var turn in turns)
        {
            var said = turn.Role == TurnRole.Assistant ? "assistant" : "user";
            if (said != role) Flush();
            role = said;
            parts.AddRange(turn.Parts.Where(part => CanSay(part, dropped)));
        }

        Flush();
        json.WriteEndArray();

        void Flush()
        {
            if (parts.Count > 0) WriteTurn(json, role!, parts, dropped);
            parts.Clear();
        }
    }

    private static void WriteTools(Utf8JsonWriter json, NeutralRequest request)
    {
        if (request.Tools.Count > 0)
        {
            json.WriteStartArray("tools");
            foreach (var tool in request.Tools)
            {
                json.WriteStartObject();
                json.WriteString("name", tool.Name);
                json.WriteIf("description", tool.Description);
                json.WritePropertyName("input_schema");
                if (tool.Schema is { } schema) schema.WriteTo(json);
                else
                {
                    json.WriteStartObject();
                    json.WriteString("type", "object");
                    json.WriteStartObject("properties");
                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                json.WriteIf("strict", tool.Strict);
                if (tool.Cache is { } cache)
                {
                    json.WriteStartObject("cache_control");
                    json.WriteString("type", "ephemeral");
                    json.WriteIf("ttl", cache.Keep);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (request.Tools.Count == 0 || (request.ToolChoice is null && request.ParallelTools is null)) return;
        json.WriteStartObject("tool_choice");
        var mode = request.ToolChoice?.Mode ?? ToolMode.Auto;
        json.WriteString("type", mode switch { ToolMode.None => "none", ToolMode.Required => "any", ToolMode.Named => "tool", _ => "auto" });
        if (mode == ToolMode.Named) json.WriteString("name", request.ToolChoice!.Name);
        if (mode != ToolMode.None && request.ParallelTools is { } parallel) json.WriteBoolean("disable_parallel_tool_use", !parallel);
        json.WriteEndObject();
    }

    private void WriteSampling(Utf8JsonWriter json, NeutralRequest request, bool thinking)
    {
        // The scale ends at 1 here and at 2 elsewhere; with reasoning the model's own temperature holds.
        if (request.Temperature is { } temperature)
        {
            dropped.AddIf(temperature > 1 || (thinking && temperature < 1), "temperature");
            if (!thinking) json.WriteNumber("temperature", Math.Min(1, temperature));
        }

        if (!thinking) json.WriteIf("top_p", request.TopP);
        else dropped.AddIf(request.TopP is not null, "top_p");
        if (!thinking) json.WriteIf("top_k", request.TopK);
        else dropped.AddIf(request.TopK is not null, "top_k");
        if (request.Stop.Count > 0)
        {
            json.WriteStartArray("stop_sequences");
            foreach (var stop in request.Stop) json.WriteStringValue(stop);
            json.WriteEndArray();
        }

        dropped.AddIf(request.Seed is not null, "seed");
        dropped.AddIf(request.FrequencyPenalty is not null and not 0, "frequency_penalty");
        dropped.AddIf(request.PresencePenalty is not null and not 0, "presence_penalty");
        dropped.AddIf(request.Choices != 1, "n");
        dropped.AddIf(request.Logprobs, "logprobs");
        dropped.AddIf(request is { Logprobs: false, TopLogprobs: not null }, "top_logprobs");
        dropped.AddIf(request.Verbosity is not null, "verbosity");
        dropped.AddIf(request.Metadata is not null, "metadata");
    }

    /// <summary>Tokens of reasoning to allow; null for none. Raises no limit of the caller's.</summary>
    private long? Budget(NeutralRequest request, ref long limit)
    {
        var wanted = request.Reasoning switch
        {
            { Tokens: { } tokens } => tokens,
            { Effort: "low" } => LeastThinking,
            { Effort: "medium" } => 4 * LeastThinking,
            { Effort: "high" or "xhigh" or "max" } => 16 * LeastThinking,
            _ => 0,
        };
        if (wanted <= 0) return null;
        // A limit that nobody asked for leaves room for both.
        if (request.MaxTokens is null) limit += wanted;
        var budget = Math.Min(Math.Max(wanted, LeastThinking), limit - 1);
        var forced = request.ToolChoice?.Mode is ToolMode.Required or ToolMode.Named;
        // A turn with calls must begin with its own signed reasoning, which clients of other formats may not have kept.
        var lost = request.Turns.Any(turn => turn.Role == TurnRole.Assistant && turn.Parts.Any(part => part is Part.Call)
            && turn.Parts[0] is not (Part.Hidden or Part.Thinking { Signature: not null }));
        if (budget >= LeastThinking && !forced && !lost) return budget;
        dropped.Add("reasoning");
        return null;
    }
}
