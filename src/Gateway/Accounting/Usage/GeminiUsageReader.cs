using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of Gemini generateContent, whole, as a stream of events, or as the JSON array that a stream without <c>alt=sse</c> is.</summary>
/// <remarks>The prompt includes what was read from a cache; prompts of tools and thoughts come on top. Counts are running totals and any
/// chunk may leave some out: the last of each that was told holds. A count of zero is left out by this wire, so a missing count is zero
/// once the total accounts for it. A prompt that was blocked has usage and no candidates.</remarks>
internal sealed class GeminiUsageReader : UsageReader
{
    private readonly HashSet<string> _queries = [];
    private long? _prompt;
    private long? _cached;
    private long? _toolPrompt;
    private long? _candidates;
    private long? _thoughts;
    private long? _total;
    private long? _promptAudio;
    private long? _cachedAudio;
    private long? _toolAudio;
    private long? _outputAudio;
    private bool _ended;
    private bool _maps;
    private bool _provisioned;

    // Each chunk may end the candidates or name queries, and most carry usage.
    protected override bool MayMatter(ReadOnlySpan<byte> data) => true;

    protected override void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("usageMetadata"u8)) ReadUsage(ref json, text);
            else if (json.ValueTextEquals("modelVersion"u8)) SeeModel(ref json);
            else if (json.ValueTextEquals("responseId"u8)) SeeResponseId(ref json);
            else if (json.ValueTextEquals("candidates"u8)) ReadCandidates(ref json);
            else if (json.ValueTextEquals("promptFeedback"u8)) ReadFeedback(ref json);
            else JsonScan.SkipValue(ref json);
        }
    }

    protected override ReportedUsage Sum()
    {
        var beside = (_prompt ?? 0) + (_toolPrompt ?? 0) + (_thoughts ?? 0);
        var candidates = _candidates ?? (_prompt is not null && _total >= beside && (_ended || IsWhole) ? _total - beside : null);
        if (_total is { } total && _prompt is not null && beside + (candidates ?? 0) != total) Violate("total");
        return new ReportedUsage
        {
            Tokens = _prompt is null && candidates is null ? null : ToUsage(candidates),
            InputKnown = _prompt is not null,
            OutputKnown = candidates is not null,
        };
    }

    private TokenUsage ToUsage(long? candidates)
    {
        var input = _prompt + (_toolPrompt ?? 0);
        var cached = _cached ?? 0;
        // Sound that was read from the cache is cached input like any other.
        var audio = Math.Max(0, (_promptAudio ?? 0) - (_cachedAudio ?? 0)) + (_toolAudio ?? 0);
        if (input is { } all && cached + audio > all)
        {
            Violate("cached");
            (cached, audio) = (Math.Min(cached, all), 0);
        }

        var spoken = Math.Min(_outputAudio ?? 0, candidates ?? 0);
        return new TokenUsage
        {
            InputUncached = input - cached - audio,
            CacheRead = _cached is null ? null : cached,
            InputAudio = audio > 0 ? audio : null,
            OutputText = candidates - spoken,
            OutputReasoning = _thoughts,
            OutputAudio = spoken > 0 ? spoken : null,
            BilledCalls = Billed(),
        };
    }

    private Dictionary<string, long>? Billed()
    {
        if (_queries.Count == 0 && !_maps) return null;
        var billed = new Dictionary<string, long>();
        if (_queries.Count > 0) (billed[BilledCall.GroundingQuery], billed[BilledCall.GroundingRequest]) = (_queries.Count, 1);
        if (_maps) billed[BilledCall.GroundingMaps] = 1;
        return billed;
    }

    private void ReadUsage(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        var start = (int)json.TokenStartIndex;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("promptTokenCount"u8)) _prompt = JsonScan.Count(ref json) ?? _prompt;
            else if (json.ValueTextEquals("cachedContentTokenCount"u8)) _cached = JsonScan.Count(ref json) ?? _cached;
            else if (json.ValueTextEquals("toolUsePromptTokenCount"u8)) _toolPrompt = JsonScan.Count(ref json) ?? _toolPrompt;
            else if (json.ValueTextEquals("candidatesTokenCount"u8)) _candidates = JsonScan.Count(ref json) ?? _candidates;
            else if (json.ValueTextEquals("thoughtsTokenCount"u8)) _thoughts = JsonScan.Count(ref json) ?? _thoughts;
            else if (json.ValueTextEquals("totalTokenCount"u8)) _total = JsonScan.Count(ref json) ?? _total;
            else if (json.ValueTextEquals("promptTokensDetails"u8)) _promptAudio = ReadAudio(ref json) ?? _promptAudio;
            else if (json.ValueTextEquals("cacheTokensDetails"u8)) _cachedAudio = ReadAudio(ref json) ?? _cachedAudio;
            else if (json.ValueTextEquals("toolUsePromptTokensDetails"u8)) _toolAudio = ReadAudio(ref json) ?? _toolAudio;
            else if (json.ValueTextEquals("candidatesTokensDetails"u8)) _outputAudio = ReadAudio(ref json) ?? _outputAudio;
            else if (json.ValueTextEquals("serviceTier"u8)) SeeServiceTier(ref json);
            else if (json.ValueTextEquals("trafficType"u8)) ReadTraffic(ref json);
            else JsonScan.SkipValue(ref json);
        }

        Keep(text[start..(int)json.BytesConsumed]);
    }

    /// <summary>The count of the modality that is sound, named by word or by number; null when it is not listed.</summary>
    private static long? ReadAudio(ref Utf8JsonReader json)
    {
        const long audioNumber = 4;
        if (!JsonScan.EnterArray(ref json)) return null;
        long? found = null;
        while (JsonScan.NextObject(ref json))
        {
            var audio = false;
            long? count = null;
            while (JsonScan.NextMember(ref json))
            {
                if (json.ValueTextEquals("modality"u8))
                {
                    json.Read();
                    audio = json.TokenType == JsonTokenType.String ? json.ValueTextEquals("AUDIO"u8)
                        : json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) && number == audioNumber;
                    json.Skip();
                }
                else if (json.ValueTextEquals("tokenCount"u8)) count = JsonScan.Count(ref json);
                else JsonScan.SkipValue(ref json);
            }

            if (audio) found = (found ?? 0) + (count ?? 0);
        }

        return found;
    }

    // Vertex says by which kind of capacity it served: bought beforehand, it is billed by the hour and not by the token.
    private void ReadTraffic(ref Utf8JsonReader json)
    {
        const long provisionedNumber = 2;
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            if (json.ValueTextEquals("ON_DEMAND_PRIORITY"u8)) ServiceTier = "priority";
            else if (json.ValueTextEquals("ON_DEMAND_FLEX"u8)) ServiceTier = "flex";
            else if (json.ValueTextEquals("PROVISIONED_THROUGHPUT"u8)) Provisioned();
        }
        else if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) && number == provisionedNumber) Provisioned();
        json.Skip();

        void Provisioned()
        {
            ServiceTier = "provisioned";
            if (!_provisioned) Flag("served from provisioned throughput, which is not billed by the token");
            _provisioned = true;
        }
    }

    private void ReadCandidates(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterArray(ref json)) return;
        while (JsonScan.NextObject(ref json))
        {
            while (JsonScan.NextMember(ref json))
            {
                if (json.ValueTextEquals("finishReason"u8)) _ended |= JsonScan.Text(ref json) is not null;
                else if (json.ValueTextEquals("groundingMetadata"u8)) ReadGrounding(ref json);
                else JsonScan.SkipValue(ref json);
            }
        }
    }

    private void ReadGrounding(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("webSearchQueries"u8))
            {
                if (!JsonScan.EnterArray(ref json)) continue;
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    if (json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 } query) _queries.Add(query);
                    else json.Skip();
            }
            else if (json.ValueTextEquals("groundingChunks"u8))
            {
                if (!JsonScan.EnterArray(ref json)) continue;
                while (JsonScan.NextObject(ref json))
                {
                    while (JsonScan.NextMember(ref json))
                    {
                        _maps |= json.ValueTextEquals("maps"u8);
                        JsonScan.SkipValue(ref json);
                    }
                }
            }
            else JsonScan.SkipValue(ref json);
        }
    }

    private void ReadFeedback(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
            if (json.ValueTextEquals("blockReason"u8)) _ended |= JsonScan.Text(ref json) is not null;
            else JsonScan.SkipValue(ref json);
    }
}
