using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Usage of an answer whose provider reported none. Always to be labelled as estimated.</summary>
internal static class UsageEstimate
{
    // English text has about four bytes a token in the tokenizers of the large providers; the JSON around it makes this an upper guess.
    private const long BytesPerToken = 4;

    public static TokenUsage Of(long inputBytes, long outputBytes) => new()
    {
        InputUncached = (inputBytes + BytesPerToken - 1) / BytesPerToken,
        OutputText = (outputBytes + BytesPerToken - 1) / BytesPerToken,
    };
}
