using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reads a generateContent reply; each event of a stream is one too.</summary>
internal sealed class GeminiReading() : ReplyReading(new GeminiUsageReader())
{
    private bool _isReply;

    protected override bool ReadWhole(ref Utf8JsonReader json)
    {
        Read(ref json);
        return _isReply;
    }

    protected override bool ReadEvent(ref Utf8JsonReader json)
    {
        Read(ref json);
        if (FinishReason is not null || Error is not null) IsComplete = true;
        return false;
    }

    private void Read(ref Utf8JsonReader json)
    {
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("candidates"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.StartArray) throw new JsonException();
                _isReply = true;
                while (NextObject(ref json)) ReadCandidate(ref json);
            }
            else if (json.ValueTextEquals("promptFeedback"u8)) ReadFeedback(ref json);
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.ValueTextEquals("usageMetadata"u8))
            {
                _isReply = true;
                SkipValue(ref json);
            }
            else SkipValue(ref json);
        }
    }

    private void ReadCandidate(ref Utf8JsonReader json)
    {
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("finishReason"u8)) FinishReason = ReadText(ref json) ?? FinishReason;
            else if (json.ValueTextEquals("avgLogprobs"u8))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var mean)) AddMean(mean);
                else json.Skip();
            }
            else if (json.ValueTextEquals("logprobsResult"u8)) ReadLogprobs(ref json);
            else if (json.ValueTextEquals("content"u8)) ReadContent(ref json);
            else SkipValue(ref json);
        }
    }

    private void ReadLogprobs(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("chosenCandidates"u8) && Enter(ref json, JsonTokenType.StartArray))
            {
                while (NextObject(ref json)) ReadToken(ref json, "logProbability"u8, "tokenId"u8);
            }
            else if (json.TokenType == JsonTokenType.PropertyName) SkipValue(ref json);
        }
    }

    private void ReadContent(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (NextMember(ref json))
        {
            if (!json.ValueTextEquals("parts"u8))
            {
                SkipValue(ref json);
                continue;
            }

            if (!Enter(ref json, JsonTokenType.StartArray)) continue;
            while (NextObject(ref json))
            {
                var start = json.TokenStartIndex;
                ReadPart(ref json);
                Begin();
                AddOutput(json.BytesConsumed - start);
            }
        }
    }

    private void ReadPart(ref Utf8JsonReader json)
    {
        var probe = json;
        var isThought = false;
        while (NextMember(ref probe))
        {
            if (probe.ValueTextEquals("thought"u8))
            {
                probe.Read();
                isThought = probe.TokenType == JsonTokenType.True;
                probe.Skip();
            }
            else SkipValue(ref probe);
        }

        while (NextMember(ref json))
        {
            if (!isThought && json.ValueTextEquals("text"u8)) AddText(ref json);
            else if (json.ValueTextEquals("functionCall"u8))
            {
                json.Read();
                using var call = JsonDocument.ParseValue(ref json);
                AddToolCall(call.RootElement.GetRawText());
            }
            else SkipValue(ref json);
        }
    }

    private void ReadFeedback(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartObject)) return;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("blockReason"u8))
            {
                _isReply = true;
                FinishReason ??= ReadText(ref json);
            }
            else SkipValue(ref json);
        }
    }
}
