using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reads a message or its events.</summary>
internal sealed class AnthropicReading() : ReplyReading(new MessagesUsageReader())
{
    private readonly SortedDictionary<int, StreamedCall> _calls = [];
    private bool _isMessage;

    protected override bool ReadWhole(ref Utf8JsonReader json)
    {
        ReadMessage(ref json);
        return _isMessage;
    }

    protected override bool ReadEvent(ref Utf8JsonReader json)
    {
        var (index, stops) = (0, false);
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                stops = json.TokenType == JsonTokenType.String && json.ValueTextEquals("message_stop"u8);
                json.Skip();
            }
            else if (json.ValueTextEquals("index"u8))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.Number) json.TryGetInt32(out index);
                json.Skip();
            }
            else if (json.ValueTextEquals("delta"u8)) ReadDelta(ref json, index);
            else if (json.ValueTextEquals("content_block"u8)) ReadBlock(ref json, index);
            else if (json.ValueTextEquals("message"u8) && Enter(ref json, JsonTokenType.StartObject)) ReadMessage(ref json);
            else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.TokenType == JsonTokenType.PropertyName) SkipValue(ref json);
        }

        if (stops) IsComplete = true;
        if (stops) foreach (var call in _calls.Values) AddToolCall(call.ToJson());
        if (Error is not null) IsComplete = true;
        return false;
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("type"u8)) _isMessage = ReadText(ref json) == "message";
            else if (json.ValueTextEquals("stop_reason"u8)) FinishReason = ReadText(ref json);
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.ValueTextEquals("content"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.StartArray) throw new JsonException();
                for (var i = 0; NextObject(ref json); i++)
                {
                    var start = json.TokenStartIndex;
                    ReadInside(ref json, i);
                    AddOutput(json.BytesConsumed - start);
                }

                foreach (var call in _calls.Values) AddToolCall(call.ToJson());
                _calls.Clear();
            }
            else SkipValue(ref json);
        }
    }

    private void ReadBlock(ref Utf8JsonReader json, int index)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        ReadInside(ref json, index);
    }

    private void ReadInside(ref Utf8JsonReader json, int index)
    {
        string? type = null;
        StreamedCall? call = null;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("type"u8))
            {
                type = ReadText(ref json);
                if (type == "tool_use") call = _calls[index] = new StreamedCall();
            }
            else if (json.ValueTextEquals("text"u8)) AddText(ref json);
            else if (call is not null && json.ValueTextEquals("id"u8)) call.Id = ReadText(ref json);
            else if (call is not null && json.ValueTextEquals("name"u8)) call.Name = ReadText(ref json);
            else if (call is not null && json.ValueTextEquals("input"u8))
            {
                json.Read();
                using var input = JsonDocument.ParseValue(ref json);
                // A stream begins with an empty object and sends the real one in pieces.
                var text = input.RootElement.GetRawText();
                if (text != "{}") call.Arguments.Append(text);
            }
            else SkipValue(ref json);
        }
    }

    private void ReadDelta(ref Utf8JsonReader json, int index)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        var start = json.TokenStartIndex;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("text"u8)) AddText(ref json);
            else if (json.ValueTextEquals("partial_json"u8))
            {
                var piece = ReadText(ref json);
                if (_calls.TryGetValue(index, out var call)) call.Arguments.Append(piece);
            }
            else if (json.ValueTextEquals("stop_reason"u8)) FinishReason = ReadText(ref json) ?? FinishReason;
            else SkipValue(ref json);
        }

        Begin();
        AddOutput(json.BytesConsumed - start);
    }
}
