using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>What the gateway notes about a chat completion, whole or streamed. Reads a copy; the bytes go through as they came.</summary>
internal sealed class ReplyReading
{
    private readonly ChatUsageReader _usage = new();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _toolCalls = new();
    private double _logprobs;
    private int _tokens;

    /// <summary>What the provider said by now that it used. To be asked once, at the end.</summary>
    public ReportedUsage Reported => _usage.Report();

    public string? FinishReason { get; private set; }

    /// <summary>The error that came inside an answer; null when there was none.</summary>
    public string? Error { get; private set; }

    public long OutputBytes { get; private set; }

    /// <summary>The answer's text, or its tool calls as JSON when it has none.</summary>
    public string Output => _text.Length > 0 || _toolCalls.Length == 0 ? _text.ToString() : _toolCalls.ToString();

    /// <summary>exp of the mean log probability of the answer's tokens; null when the provider gave none.</summary>
    public double? Confidence => _tokens == 0 ? null : Math.Exp(_logprobs / _tokens);

    /// <summary>Null when the bytes are no chat completion.</summary>
    public static ReplyReading? Whole(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("choices", out _)) return null;
            var reading = new ReplyReading();
            reading.Read(json.RootElement, "message");
            return reading;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads one event; true when it is the extra event that carries nothing but usage.</summary>
    public bool ReadEvent(StreamEvent streamed)
    {
        if (streamed.IsDone) return false;
        try
        {
            using var json = JsonDocument.Parse(streamed.Data);
            return json.RootElement.ValueKind == JsonValueKind.Object && Read(json.RootElement, "delta");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The reply without the log probabilities that only the gateway asked for.</summary>
    public static ReadOnlyMemory<byte> WithoutLogprobs(ReadOnlyMemory<byte> body)
    {
        var reply = JsonNode.Parse(body.Span)!;
        foreach (var choice in reply["choices"]!.AsArray()) choice!["logprobs"] = null;
        return Wire.Write(json => reply.WriteTo(json));
    }

    private bool Read(JsonElement reply, string member)
    {
        _usage.ReadEvent(reply);

        if (reply.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
        {
            Error = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) ? message.ToString() : error.ToString();
        }

        if (!reply.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array) return false;
        foreach (var choice in choices.EnumerateArray()) ReadChoice(choice, member);
        return choices.GetArrayLength() == 0 && reply.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object;
    }

    private void ReadChoice(JsonElement choice, string member)
    {
        if (choice.TryGetProperty("finish_reason", out var finish) && finish.ValueKind == JsonValueKind.String) FinishReason = finish.GetString();
        if (choice.TryGetProperty(member, out var said) && said.ValueKind == JsonValueKind.Object)
        {
            OutputBytes += Encoding.UTF8.GetByteCount(said.GetRawText());
            if (said.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String) _text.Append(content.GetString());
            if (said.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array) _toolCalls.Append(calls.GetRawText());
        }

        if (!choice.TryGetProperty("logprobs", out var logprobs) || logprobs.ValueKind != JsonValueKind.Object) return;
        if (!logprobs.TryGetProperty("content", out var tokens) || tokens.ValueKind != JsonValueKind.Array) return;
        foreach (var token in tokens.EnumerateArray())
        {
            if (!token.TryGetProperty("logprob", out var value) || !value.TryGetDouble(out var logprob)) continue;
            _logprobs += Math.Min(0, logprob);
            _tokens++;
        }
    }
}
