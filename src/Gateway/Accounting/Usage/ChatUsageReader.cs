using System.Text.Json;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of OpenAI Chat Completions and of servers that are compatible with it.</summary>
/// <remarks>A stream tells it in its last chunk, servers with continuous usage (vLLM, SGLang) in every chunk as running totals: the last
/// report holds, so a stream that is cut off is still measured there. Groq's streams have it in <c>x_groq</c>.</remarks>
internal sealed class ChatUsageReader : UsageReader
{
    private OpenAiCounts _counts;

    protected override void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("model"u8)) SeeModel(ref json);
            else if (json.ValueTextEquals("id"u8)) SeeResponseId(ref json);
            else if (json.ValueTextEquals("service_tier"u8)) SeeServiceTier(ref json);
            else if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, text);
            else if (json.ValueTextEquals("x_groq"u8)) ReadGroq(ref json, text);
            else JsonScan.SkipValue(ref json);
        }
    }

    protected override ReportedUsage Sum() => new()
    {
        Tokens = _counts.IsEmpty ? null : _counts.ToUsage(null, Violate),
        InputKnown = _counts.HasInput,
        OutputKnown = _counts.HasOutput,
    };

    private void ReadUsage(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        var start = (int)json.TokenStartIndex;
        var counts = OpenAiCounts.Read(ref json);
        if (counts.IsEmpty) return;
        _counts = counts;
        Keep(text[start..(int)json.BytesConsumed]);
    }

    private void ReadGroq(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        if (!JsonScan.EnterObject(ref json)) return;
        while (JsonScan.NextMember(ref json))
            if (json.ValueTextEquals("usage"u8)) ReadUsage(ref json, text);
            else JsonScan.SkipValue(ref json);
    }
}
