using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reads a response or its events. A stream's last event repeats the whole response, so only that one is read through.</summary>
internal sealed class OpenAiResponsesReading() : ReplyReading(new ResponsesUsageReader())
{
    private bool _streamed;

    /// <summary>The provider's id of the response, by which it can be fetched and gone on from.</summary>
    public string? Id { get; private set; }

    /// <summary>Hashes of the reasoning that only the account that made it can read again.</summary>
    public HashSet<string> Reasoning { get; } = [];

    /// <summary>True when the provider still works on it.</summary>
    public bool InBackground { get; private set; }

    protected override bool ReadWhole(ref Utf8JsonReader json) => ReadResponse(ref json);

    protected override bool ReadEvent(ref Utf8JsonReader json)
    {
        string? type = null;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("type"u8)) type = ReadText(ref json);
            else if (json.ValueTextEquals("delta"u8)) ReadDelta(type, ref json);
            else if (json.ValueTextEquals("response"u8))
            {
                if (!Enter(ref json, JsonTokenType.StartObject)) continue;
                // The first events have the response without its output; what they lack the last one brings.
                ReadResponse(ref json);
            }
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.ValueTextEquals("message"u8) && type == "error") Error = ReadText(ref json);
            else SkipValue(ref json);
        }

        if (type is "response.completed" or "response.incomplete" or "response.failed" or "error") IsComplete = true;
        if (type == "error") Error ??= "The model server told of an error without saying which.";
        return false;
    }

    private void ReadDelta(string? type, ref Utf8JsonReader json)
    {
        var start = json.BytesConsumed;
        if (type is "response.output_text.delta" or "response.refusal.delta")
        {
            _streamed = true;
            AddText(ref json);
        }
        else SkipValue(ref json);
        Begin();
        AddOutput(json.BytesConsumed - start);
    }

    private bool ReadResponse(ref Utf8JsonReader json)
    {
        var isResponse = false;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("object"u8)) isResponse = ReadText(ref json) == "response";
            else if (json.ValueTextEquals("id"u8)) Id = ReadText(ref json) ?? Id;
            else if (json.ValueTextEquals("status"u8))
            {
                FinishReason = ReadText(ref json);
                InBackground = FinishReason is "queued" or "in_progress";
            }
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json);
            else if (json.ValueTextEquals("output"u8)) ReadOutput(ref json);
            else SkipValue(ref json);
        }

        return isResponse;
    }

    private void ReadOutput(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray) throw new JsonException();
        var start = json.BytesConsumed;
        while (NextObject(ref json))
        {
            string? type = null;
            var call = new StreamedCall();
            while (NextMember(ref json))
            {
                if (json.ValueTextEquals("type"u8)) type = ReadText(ref json);
                else if (json.ValueTextEquals("call_id"u8)) call.Id = ReadText(ref json);
                else if (json.ValueTextEquals("name"u8)) call.Name = ReadText(ref json);
                else if (json.ValueTextEquals("arguments"u8)) call.Arguments.Append(ReadText(ref json));
                else if (json.ValueTextEquals("encrypted_content"u8))
                {
                    if (ReadText(ref json) is { Length: > 0 } sealedText) Reasoning.Add(SealedReasoning.Hash(sealedText));
                }
                else if (json.ValueTextEquals("content"u8) && type != "reasoning") ReadContent(ref json);
                else SkipValue(ref json);
            }

            if (type == "function_call") AddToolCall(call.ToJson());
        }

        if (OutputBytes == 0) AddOutput(json.BytesConsumed - start);
    }

    private void ReadContent(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartArray)) return;
        while (NextObject(ref json))
        {
            while (NextMember(ref json))
            {
                if (!_streamed && (json.ValueTextEquals("text"u8) || json.ValueTextEquals("refusal"u8))) AddText(ref json);
                else if (json.ValueTextEquals("logprobs"u8)) ReadLogprobs(ref json);
                else SkipValue(ref json);
            }
        }
    }

    private void ReadLogprobs(ref Utf8JsonReader json)
    {
        if (!Enter(ref json, JsonTokenType.StartArray)) return;
        while (NextObject(ref json)) ReadToken(ref json, "logprob"u8, "id"u8);
    }
}
