using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of Anthropic Messages. Input excludes what caches read and wrote; output includes thinking.</summary>
/// <remarks>A stream tells input at its start, with a placeholder as output, and running totals at its end: the larger of each field holds,
/// never their sum. Without the end the placeholder is no measure. With tools of the provider's own the model is asked several times, and
/// then the total written to caches can exceed the split by lifetime that the start told: the rest counts as written for minutes and is
/// flagged. Steps of compaction, listed as iterations, are billed beside the totals.</remarks>
internal sealed class MessagesUsageReader : UsageReader
{
    private const string Fast = "fast";

    private readonly HashSet<string> _otherModels = [];
    private Counts _counts;
    private bool _output;
    private bool _fast;

    protected override void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("message"u8))
            {
                if (!JsonScan.EnterObject(ref json)) continue;
                while (JsonScan.NextMember(ref json)) ReadMember(ref json, text, start: true);
            }
            else ReadMember(ref json, text, start: false);
        }
    }

    protected override ReportedUsage Sum()
    {
        var known = _counts.Input is not null;
        if (_fast) ServiceTier = Fast;
        return new ReportedUsage
        {
            Tokens = known || _output ? ToUsage() : null,
            InputKnown = known,
            OutputKnown = _output && _counts.Output is not null,
        };
    }

    private void ReadMember(ref Utf8JsonReader json, ReadOnlySpan<byte> text, bool start)
    {
        if (json.ValueTextEquals("model"u8)) SeeModel(ref json);
        else if (json.ValueTextEquals("id"u8)) SeeResponseId(ref json);
        else if (json.ValueTextEquals("usage"u8))
        {
            if (!JsonScan.EnterObject(ref json)) return;
            var from = (int)json.TokenStartIndex;
            var counts = ReadUsage(ref json);
            _counts.Raise(counts);
            _output |= !start && counts.Output is not null;
            Keep(text[from..(int)json.BytesConsumed], first: start);
        }
        else JsonScan.SkipValue(ref json);
    }

    private Counts ReadUsage(ref Utf8JsonReader json)
    {
        var counts = new Counts();
        var steps = new Counts();
        while (JsonScan.NextMember(ref json))
        {
            if (counts.TryRead(ref json)) continue;
            if (json.ValueTextEquals("service_tier"u8)) ServiceTier = JsonScan.Text(ref json) ?? ServiceTier;
            // A model's fast mode has prices of its own, as a tier has.
            else if (json.ValueTextEquals("speed"u8)) _fast |= JsonScan.Text(ref json) == Fast;
            else if (json.ValueTextEquals("inference_geo"u8)) Region = JsonScan.Text(ref json) ?? Region;
            else if (json.ValueTextEquals("iterations"u8)) ReadIterations(ref json, ref steps);
            else JsonScan.SkipValue(ref json);
        }

        counts.Add(steps);
        return counts;
    }

    // The totals hold the model's own steps and not those of compaction.
    private void ReadIterations(ref Utf8JsonReader json, ref Counts beside)
    {
        if (!JsonScan.EnterArray(ref json)) return;
        while (JsonScan.NextObject(ref json))
        {
            var step = new Counts();
            string? type = null;
            string? model = null;
            while (JsonScan.NextMember(ref json))
            {
                if (step.TryRead(ref json)) continue;
                if (json.ValueTextEquals("type"u8)) type = JsonScan.Text(ref json);
                else if (json.ValueTextEquals("model"u8)) model = JsonScan.Text(ref json);
                else JsonScan.SkipValue(ref json);
            }

            if (type is null or "message") continue;
            beside.Add(step);
            if (model is not null && model != Model && _otherModels.Add(model)) Flag($"a step of {model} is priced as the model that answered");
        }
    }

    private TokenUsage ToUsage()
    {
        var (minutes, hour) = (_counts.WriteMinutes, _counts.WriteHour);
        if (_counts.Written is { } written)
        {
            var split = (minutes ?? 0) + (hour ?? 0);
            if (written > split)
            {
                if (split > 0) Flag("cache writes beyond the split by lifetime are priced as written for minutes");
                minutes = written - (hour ?? 0);
            }
            else if (written < split) Violate("cache_write");
            else minutes ??= 0;
        }

        var reasoning = _counts.Thinking;
        if (reasoning > _counts.Output)
        {
            Violate("output_details");
            reasoning = null;
        }

        return new TokenUsage
        {
            InputUncached = _counts.Input,
            CacheRead = _counts.Read,
            CacheWrite = minutes,
            CacheWriteHour = hour,
            OutputText = _counts.Output - (reasoning ?? 0),
            OutputReasoning = reasoning,
            BilledCalls = Billed(),
        };
    }

    private Dictionary<string, long>? Billed()
    {
        if (_counts.Searches is not > 0 && _counts.Fetches is not > 0) return null;
        var billed = new Dictionary<string, long>();
        if (_counts.Searches is > 0 and { } searches) billed[BilledCall.WebSearch] = searches;
        if (_counts.Fetches is > 0 and { } fetches) billed[BilledCall.WebFetch] = fetches;
        return billed;
    }

    private struct Counts
    {
        public long? Input;
        public long? Output;
        public long? Read;
        public long? Written;
        public long? WriteMinutes;
        public long? WriteHour;
        public long? Thinking;
        public long? Searches;
        public long? Fetches;

        /// <summary>True when the member was a count, or a group of them, and is read.</summary>
        public bool TryRead(ref Utf8JsonReader json)
        {
            if (json.ValueTextEquals("input_tokens"u8)) Input = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("output_tokens"u8)) Output = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("cache_read_input_tokens"u8)) Read = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("cache_creation_input_tokens"u8)) Written = JsonScan.Count(ref json);
            else if (json.ValueTextEquals("cache_creation"u8) || json.ValueTextEquals("output_tokens_details"u8) || json.ValueTextEquals("server_tool_use"u8))
            {
                if (JsonScan.EnterObject(ref json)) ReadGroup(ref json);
            }
            else return false;
            return true;
        }

        public void Raise(in Counts other)
        {
            Input = Larger(Input, other.Input);
            Output = Larger(Output, other.Output);
            Read = Larger(Read, other.Read);
            Written = Larger(Written, other.Written);
            WriteMinutes = Larger(WriteMinutes, other.WriteMinutes);
            WriteHour = Larger(WriteHour, other.WriteHour);
            Thinking = Larger(Thinking, other.Thinking);
            Searches = Larger(Searches, other.Searches);
            Fetches = Larger(Fetches, other.Fetches);
        }

        public void Add(in Counts other)
        {
            Input = Both(Input, other.Input);
            Output = Both(Output, other.Output);
            Read = Both(Read, other.Read);
            Written = Both(Written, other.Written);
            WriteMinutes = Both(WriteMinutes, other.WriteMinutes);
            WriteHour = Both(WriteHour, other.WriteHour);
            Thinking = Both(Thinking, other.Thinking);
        }

        private void ReadGroup(ref Utf8JsonReader json)
        {
            while (JsonScan.NextMember(ref json))
            {
                if (json.ValueTextEquals("ephemeral_5m_input_tokens"u8)) WriteMinutes = JsonScan.Count(ref json);
                else if (json.ValueTextEquals("ephemeral_1h_input_tokens"u8)) WriteHour = JsonScan.Count(ref json);
                else if (json.ValueTextEquals("thinking_tokens"u8)) Thinking = JsonScan.Count(ref json);
                else if (json.ValueTextEquals("web_search_requests"u8)) Searches = JsonScan.Count(ref json);
                else if (json.ValueTextEquals("web_fetch_requests"u8)) Fetches = JsonScan.Count(ref json);
                else JsonScan.SkipValue(ref json);
            }
        }

        private static long? Larger(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);

        private static long? Both(long? a, long? b) => a is null ? b : b is null ? a : a + b;
    }
}
