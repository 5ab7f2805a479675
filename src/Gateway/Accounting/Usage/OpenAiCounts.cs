using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>A usage object of OpenAI's family, by either generation of its names, as it came.</summary>
/// <remarks>Input includes what was read from and written to caches, output includes reasoning. Compatible servers put the cached count
/// in places of their own: DeepSeek <c>prompt_cache_hit_tokens</c>, Together and Moonshot <c>cached_tokens</c>, Mistral <c>num_cached_tokens</c>.</remarks>
internal struct OpenAiCounts
{
    private long? _input;
    private long? _output;
    private long? _total;
    private long? _read;
    private long? _written;
    private long? _audioIn;
    private long? _audioRead;
    private long? _reasoning;
    private long? _audioOut;
    private long? _webSearches;
    private long? _sources;

    public readonly bool HasInput => _input is not null;

    public readonly bool HasOutput => _output is not null;

    public readonly bool IsEmpty => !HasInput && !HasOutput;

    /// <summary>The reader stands inside the object.</summary>
    public static OpenAiCounts Read(ref Utf8JsonReader json)
    {
        var counts = new OpenAiCounts();
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("prompt_tokens"u8) || json.ValueTextEquals("input_tokens"u8)) counts._input = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("completion_tokens"u8) || json.ValueTextEquals("output_tokens"u8)) counts._output = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("total_tokens"u8)) counts._total = JsonScan.Count(ref json);
            else if (IsInputDetails(ref json)) counts.ReadInputDetails(ref json);
            else if (IsOutputDetails(ref json)) counts.ReadOutputDetails(ref json);
            else if (json.ValueTextEquals("cached_tokens"u8) || json.ValueTextEquals("prompt_cache_hit_tokens"u8) || json.ValueTextEquals("num_cached_tokens"u8))
                counts._read = JsonScan.Count(ref json) ?? counts._read;
            else if (json.ValueTextEquals("server_tool_use"u8)) counts.ReadTools(ref json);
            else if (json.ValueTextEquals("num_search_queries"u8)) counts._webSearches = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("num_sources_used"u8)) counts._sources = JsonScan.Count(ref json);
            else JsonScan.SkipValue(ref json);
        }

        return counts;
    }

    /// <param name="tools">Billed calls that the reply shows elsewhere.</param>
    /// <param name="violate">Told of each contradiction.</param>
    public readonly TokenUsage ToUsage(IReadOnlyDictionary<string, long>? tools, Action<string> violate)
    {
        var (inputText, read, written, audioIn) = SplitInput(violate);
        var (text, reasoning, audioOut) = SplitOutput(violate);
        var usage = new TokenUsage
        {
            InputUncached = inputText,
            CacheRead = read,
            CacheWrite = written,
            InputAudio = audioIn,
            OutputText = text,
            OutputReasoning = reasoning,
            OutputAudio = audioOut,
            BilledCalls = Billed(tools),
        };
        if (_total is { } total && _input is not null && usage.InputTotal() + (usage.OutputTotal() ?? 0) != total) violate("total");
        return usage;
    }

    private readonly (long? Text, long? Read, long? Written, long? Audio) SplitInput(Action<string> violate)
    {
        if (_input is not { } input) return (null, _read, _written, null);
        var cached = (_read ?? 0) + (_written ?? 0);
        // Sound that was read from the cache is cached input like any other.
        var audio = _audioIn is null ? (long?)null : Math.Max(0, _audioIn.Value - (_audioRead ?? 0));
        if (cached > input)
        {
            violate("cached");
            return (0, _read, _written, audio is null ? null : 0);
        }

        if (audio > input - cached) audio = input - cached;
        return (input - cached - (audio ?? 0), _read, _written, audio);
    }

    private readonly (long? Text, long? Reasoning, long? Audio) SplitOutput(Action<string> violate)
    {
        if (_output is not { } output) return (null, null, null);
        // Servers whose total is larger than both sides together count reasoning beside the output and not in it.
        var onTop = _total is { } total && _input is { } input ? Math.Max(0, total - input - output) : 0;
        var reasoning = onTop > 0 ? Math.Max(_reasoning ?? 0, onTop) : _reasoning;
        var audio = _audioOut;
        var rest = output + onTop - (reasoning ?? 0) - (audio ?? 0);
        if (rest >= 0) return (rest, reasoning, audio);
        violate("output_details");
        return (output + onTop, null, null);
    }

    private readonly Dictionary<string, long>? Billed(IReadOnlyDictionary<string, long>? tools)
    {
        if (tools is null && _webSearches is not > 0 && _sources is not > 0) return null;
        var billed = tools is null ? [] : new Dictionary<string, long>(tools);
        if (_webSearches is > 0 and { } searches) billed.TryAdd(BilledCall.WebSearch, searches);
        if (_sources is > 0 and { } sources) billed[BilledCall.SearchSource] = sources;
        return billed;
    }

    private static bool IsInputDetails(ref Utf8JsonReader json) =>
        json.ValueTextEquals("prompt_tokens_details"u8) || json.ValueTextEquals("input_tokens_details"u8)
        || json.ValueTextEquals("input_token_details"u8) || json.ValueTextEquals("prompt_token_details"u8);

    private static bool IsOutputDetails(ref Utf8JsonReader json) =>
        json.ValueTextEquals("completion_tokens_details"u8) || json.ValueTextEquals("output_tokens_details"u8)
        || json.ValueTextEquals("output_token_details"u8);

    private void ReadInputDetails(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("cached_tokens"u8)) _read = JsonScan.Count(ref json) ?? _read;
            else if (json.ValueTextEquals("cache_write_tokens"u8)) _written = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("audio_tokens"u8)) _audioIn = JsonScan.Count(ref json) is > 0 and { } audio ? audio : null;
            else if (json.ValueTextEquals("cached_tokens_details"u8) && JsonScan.EnterObject(ref json))
            {
                while (JsonScan.NextMember(ref json))
                    if (json.ValueTextEquals("audio_tokens"u8)) _audioRead = JsonScan.Count(ref json);
                    else JsonScan.SkipValue(ref json);
            }
            else if (json.TokenType == JsonTokenType.PropertyName) JsonScan.SkipValue(ref json);
        }
    }

    private void ReadOutputDetails(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("reasoning_tokens"u8)) _reasoning = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("audio_tokens"u8)) _audioOut = JsonScan.Count(ref json) is > 0 and { } audio ? audio : null;
            else JsonScan.SkipValue(ref json);
        }
    }

    private void ReadTools(ref Utf8JsonReader json)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
            if (json.ValueTextEquals("web_search_requests"u8)) _webSearches = JsonScan.Count(ref json);
            else JsonScan.SkipValue(ref json);
    }
}
