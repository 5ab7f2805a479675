using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reads a chat completion or its chunks.</summary>
internal sealed class OpenAiChatReading() : ReplyReading(new ChatUsageReader())
{
    private readonly List<StreamedCall> _calls = [];
    private bool _sawChoice;
    private bool _sawUsage;
    private bool _sawChoices;

    protected override bool ReadWhole(ref Utf8JsonReader json)
    {
        Read(ref json);
        foreach (var call in _calls) AddToolCall(call.ToJson());
        return _sawChoices;
    }

    protected override bool ReadEvent(ref Utf8JsonReader json)
    {
        (_sawChoice, _sawUsage, _sawChoices) = (false, false, false);
        Read(ref json);
        if (FinishReason is not null && !IsComplete)
        {
            IsComplete = true;
            foreach (var call in _calls) AddToolCall(call.ToJson());
        }

        return _sawUsage && _sawChoices && !_sawChoice && Error is null;
    }

    private void Read(ref Utf8JsonReader json)
    {
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("choices"u8)) ReadChoices(ref json);
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.ValueTextEquals("prompt_token_ids"u8)) Tokens.ReadPrompt(ref json);
            else if (json.ValueTextEquals("usage"u8))
            {
                json.Read();
                _sawUsage = json.TokenType == JsonTokenType.StartObject;
                json.Skip();
            }
            else SkipValue(ref json);
        }
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        json.Read();
        // Without a list of choices the clients of this format break.
        if (json.TokenType != JsonTokenType.StartArray) throw new JsonException();
        _sawChoices = true;
        for (Tokens.Choice = 0; NextObject(ref json); Tokens.Choice++)
        {
            _sawChoice = true;
            ReadChoice(ref json);
        }
    }

    private void ReadChoice(ref Utf8JsonReader json)
    {
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("finish_reason"u8)) FinishReason = ReadText(ref json) ?? FinishReason;
            else if (json.ValueTextEquals("delta"u8) || json.ValueTextEquals("message"u8)) ReadMessage(ref json);
            else if (json.ValueTextEquals("logprobs"u8)) ReadLogprobs(ref json);
            else if (json.ValueTextEquals("index"u8)) ReadIndex(ref json);
            else if (json.ValueTextEquals("token_ids"u8) || json.ValueTextEquals("response_token_ids"u8)) Tokens.ReadOutput(ref json);
            else if (json.ValueTextEquals("prompt_token_ids"u8)) Tokens.ReadPrompt(ref json);
            else if (json.ValueTextEquals("meta_info"u8)) Tokens.ReadMetaInfo(ref json);
            else SkipValue(ref json);
        }
    }

    private void ReadIndex(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var index) && index is >= 0 and < 1024) Tokens.Choice = index;
        else json.Skip();
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        var start = json.BytesConsumed;
        while (NextMember(ref json))
        {
            // A first chunk that tells the role alone, beside empty members, is no content yet.
            var isRole = json.ValueTextEquals("role"u8);
            if (json.ValueTextEquals("content"u8)) AddText(ref json);
            else if (json.ValueTextEquals("tool_calls"u8)) ReadCalls(ref json);
            else SkipValue(ref json);
            if (!isRole && IsSomething(ref json)) Begin();
        }

        AddOutput(json.BytesConsumed - start + 1);
    }

    private static bool IsSomething(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.String => !json.ValueTextEquals(""u8),
        JsonTokenType.EndObject or JsonTokenType.EndArray => true,
        _ => false,
    };

    private void ReadCalls(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartArray)) return;
        for (var position = 0; NextObject(ref json); position++)
        {
            var call = new StreamedCall();
            var index = position;
            while (NextMember(ref json))
            {
                if (json.ValueTextEquals("id"u8)) call.Id = ReadText(ref json);
                else if (json.ValueTextEquals("index"u8))
                {
                    json.Read();
                    if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var told) && told is >= 0 and < 1024) index = told;
                    json.Skip();
                }
                else if (json.ValueTextEquals("function"u8) && Enter(ref json, JsonTokenType.StartObject))
                {
                    while (NextMember(ref json))
                    {
                        if (json.ValueTextEquals("name"u8)) call.Name = ReadText(ref json);
                        else if (json.ValueTextEquals("arguments"u8)) call.Arguments.Append(ReadText(ref json));
                        else SkipValue(ref json);
                    }
                }
                else if (json.TokenType == JsonTokenType.PropertyName) SkipValue(ref json);
            }

            while (_calls.Count <= index) _calls.Add(new StreamedCall());
            _calls[index].Add(call);
        }
    }

    private void ReadLogprobs(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (NextMember(ref json))
        {
            if (!json.ValueTextEquals("content"u8))
            {
                SkipValue(ref json);
                continue;
            }

            if (!Enter(ref json, JsonTokenType.StartArray)) continue;
            while (NextObject(ref json)) ReadToken(ref json, "logprob"u8, "id"u8);
        }
    }
}
