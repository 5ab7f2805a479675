using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Providers.Local;

/// <summary>A local model's answer in the wire form of OpenAI Chat Completions.</summary>
/// <remarks>Usage: for each message its text's UTF-8 bytes divided by 4, rounded up, and 3 more; the answer counts its bytes alone.
/// Confidence is told as the log probability of one token that spans the answer.</remarks>
internal sealed class LocalReply
{
    private const string NothingToGoOn =
        "I cannot answer: I am a small in-context learner, and this prompt has neither a list of labels (- label) nor labelled examples.";

    private const int BytesPerToken = 4;
    private const int TokensPerMessage = 3;
    private const int DefaultMaxTokens = 1024;

    private readonly WireRequest _request;
    private readonly DateTimeOffset _at;
    private readonly string _text;
    private readonly string _finish = "stop";
    private readonly double _confidence;
    private readonly long _input;
    private readonly long _output;

    public LocalReply(WireRequest request, LocalAnswer? answer, DateTimeOffset at)
    {
        _request = request;
        _at = at;
        _confidence = answer?.Confidence ?? 1;
        _text = answer?.Text ?? NothingToGoOn;
        var tokens = Tokens(_text);
        var most = request.MaxTokens ?? DefaultMaxTokens;
        if (tokens > most)
        {
            _text = Cut(_text, most * BytesPerToken);
            tokens = Tokens(_text);
            _finish = "length";
        }

        _output = tokens;
        _input = request.Prompt.Messages.Sum(message => Tokens(message.Text) + TokensPerMessage);
    }

    public ReadOnlyMemory<byte> Body() => Wire.Write(json =>
    {
        Begin(json, "chat.completion");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", _text);
        json.WriteNull("refusal");
        json.WriteEndObject();
        WriteLogprobs(json);
        json.WriteString("finish_reason", _finish);
        json.WriteEndObject();
        json.WriteEndArray();
        WriteUsage(json);
        json.WriteEndObject();
    });

    public async IAsyncEnumerable<StreamEvent> Events()
    {
        await Task.CompletedTask;
        yield return Chunk(json =>
        {
            json.WriteString("role", "assistant");
            json.WriteString("content", "");
        }, null);
        yield return Chunk(json => json.WriteString("content", _text), null, withLogprobs: true);
        yield return Chunk(_ => { }, _finish);
        if (_request.IncludeUsage)
        {
            yield return EventText.Event(null, Wire.Write(json =>
            {
                Begin(json, "chat.completion.chunk");
                json.WriteStartArray("choices");
                json.WriteEndArray();
                WriteUsage(json);
                json.WriteEndObject();
            }));
        }

        yield return EventText.Event(null, "[DONE]"u8.ToArray());
    }

    private StreamEvent Chunk(Action<Utf8JsonWriter> writeDelta, string? finish, bool withLogprobs = false) => EventText.Event(null, Wire.Write(json =>
    {
        Begin(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("delta");
        writeDelta(json);
        json.WriteEndObject();
        if (withLogprobs) WriteLogprobs(json);
        else json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
        if (_request.IncludeUsage) json.WriteNull("usage");
        json.WriteEndObject();
    }));

    private void Begin(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", "chatcmpl-" + _at.ToUnixTimeMilliseconds());
        json.WriteString("object", kind);
        json.WriteNumber("created", _at.ToUnixTimeSeconds());
        json.WriteString("model", "local/" + _request.Model);
        json.WriteNull("system_fingerprint");
    }

    private void WriteLogprobs(Utf8JsonWriter json)
    {
        if (!_request.Logprobs)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        json.WriteStartArray("content");
        json.WriteStartObject();
        json.WriteString("token", _text);
        json.WriteNumber("logprob", Math.Log(_confidence));
        json.WriteStartArray("bytes");
        foreach (var b in Encoding.UTF8.GetBytes(_text)) json.WriteNumberValue(b);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNull("refusal");
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", _input);
        json.WriteNumber("completion_tokens", _output);
        json.WriteNumber("total_tokens", _input + _output);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static long Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + BytesPerToken - 1) / BytesPerToken;

    private static string Cut(string text, long bytes)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((bytes -= rune.Utf8SequenceLength) < 0) break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
