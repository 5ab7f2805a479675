using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Readings;

namespace Espalier.Gateway.Accounting;

/// <summary>How one request to a provider ended.</summary>
internal sealed record AttemptResult
{
    /// <summary>False when the provider gave no answer and bills nothing.</summary>
    public required bool Billed { get; init; }

    /// <summary>What the provider said of its usage; null when it gave no answer.</summary>
    public ReportedUsage? Reported { get; init; }

    /// <summary>Bytes of output that arrived, for an estimate when no usage did.</summary>
    public long OutputBytes { get; init; }

    public string? Error { get; init; }

    /// <summary>Of what kind the failure was, in the words of fallbacks; null when it was none.</summary>
    public string? Failure { get; init; }

    public double? Confidence { get; init; }

    public string? Output { get; init; }

    /// <summary>The answer's tokens; null or empty when the provider told none.</summary>
    public TokenCapture? Tokens { get; init; }

    public string? FinishReason { get; init; }

    /// <summary>True when the client went away before it had the whole answer: neither an answer nor an error.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>True when it was given up before anybody could know how it would have ended.</summary>
    public bool IsGivenUp { get; init; }
}
