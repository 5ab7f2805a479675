using System.Text.Json;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of OpenAI Embeddings: input only.</summary>
internal sealed class EmbeddingsUsageReader : UsageReader
{
    private OpenAiCounts _counts;

    protected override void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text)
    {
        while (JsonScan.NextMember(ref json))
        {
            if (json.ValueTextEquals("model"u8)) SeeModel(ref json);
            else if (json.ValueTextEquals("id"u8)) SeeResponseId(ref json);
            else if (json.ValueTextEquals("usage"u8) && JsonScan.EnterObject(ref json))
            {
                var start = (int)json.TokenStartIndex;
                _counts = OpenAiCounts.Read(ref json);
                Keep(text[start..(int)json.BytesConsumed]);
            }
            else if (json.TokenType == JsonTokenType.PropertyName) JsonScan.SkipValue(ref json);
        }
    }

    // An embedding has no output tokens; that is known, not missing.
    protected override ReportedUsage Sum() => new()
    {
        Tokens = _counts.ToUsage(null, Violate) with { OutputText = 0 },
        InputKnown = _counts.HasInput,
        OutputKnown = true,
    };
}
