using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>Writes messages in the canonical form: <c>[{"role","parts":[{"type",...}]}]</c>, that of OpenTelemetry since 1.37.</summary>
/// <remarks>Not thread-safe; reused.</remarks>
internal sealed class CanonicalMessages : IMessageSink
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);
    private readonly HashSet<string> _calls = [];
    private int _messages;
    private bool _isOne;
    private string _role = "";
    private string? _text;

    // Holds nothing but the buffer beside it; there is nothing to dispose of.
    private Utf8JsonWriter Writer { get; }

    public CanonicalMessages() =>
        Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The text of the last message of the user, which is what a request asks for.</summary>
    public string? LastUserText { get; private set; }

    /// <param name="isOne">True to write one message rather than a list.</param>
    public void Start(bool isOne = false)
    {
        Writer.Reset();
        if (_buffer.Capacity > 1 << 20) _buffer.Clear();
        _buffer.ResetWrittenCount();
        _messages = 0;
        _isOne = isOne;
        LastUserText = null;
        if (!isOne) Writer.WriteStartArray();
    }

    /// <summary>What was written; null when it was no message.</summary>
    public string? Finish()
    {
        if (!_isOne) Writer.WriteEndArray();
        Writer.Flush();
        return _messages == 0 ? null : Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }

    public void Begin(string role)
    {
        _role = role;
        _text = null;
        _calls.Clear();
        _messages++;
        Writer.WriteStartObject();
        Writer.WriteString("role"u8, role);
        Writer.WriteStartArray("parts"u8);
    }

    public void Text(string text)
    {
        _text = _text is null ? text : _text + "\n" + text;
        Part("text"u8, text);
    }

    public void Reasoning(string text) => Part("reasoning"u8, text);

    public void ToolCall(string? id, string name, JsonElement arguments)
    {
        // Some emitters list one call twice: among the parts and among the calls.
        if (id is not null && !_calls.Add(id)) return;
        Writer.WriteStartObject();
        Writer.WriteString("type"u8, "tool_call"u8);
        if (id is not null) Writer.WriteString("id"u8, id);
        Writer.WriteString("name"u8, name);
        Value("arguments"u8, arguments);
        Writer.WriteEndObject();
    }

    public void ToolResult(string? id, JsonElement result)
    {
        Writer.WriteStartObject();
        Writer.WriteString("type"u8, "tool_call_response"u8);
        if (id is not null) Writer.WriteString("id"u8, id);
        Value("response"u8, result);
        Writer.WriteEndObject();
    }

    public void Other(JsonElement part) => part.WriteTo(Writer);

    public void End(string? finishReason)
    {
        Writer.WriteEndArray();
        if (finishReason is not null) Writer.WriteString("finish_reason"u8, finishReason);
        Writer.WriteEndObject();
        if (_role == "user" && _text is not null) LastUserText = _text;
    }

    private void Part(ReadOnlySpan<byte> type, string content)
    {
        Writer.WriteStartObject();
        Writer.WriteString("type"u8, type);
        Writer.WriteString("content"u8, content);
        Writer.WriteEndObject();
    }

    // JSON within a text is told as JSON.
    private void Value(ReadOnlySpan<byte> name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return;
        Writer.WritePropertyName(name);
        if (value.ValueKind == JsonValueKind.String && LenientJson.ParseText(value.GetString()!) is { } inner)
        {
            using (inner) inner.RootElement.WriteTo(Writer);
        }
        else value.WriteTo(Writer);
    }
}
