using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>What a provider said that a call used, whatever its wire format, and what is left to be estimated.</summary>
internal sealed record ReportedUsage
{
    /// <summary>Null when the provider told neither side.</summary>
    public required TokenUsage? Tokens { get; init; }

    /// <summary>False when no input count was told.</summary>
    public required bool InputKnown { get; init; }

    /// <summary>False when no output count was told, or only one that is a placeholder because the stream ended early.</summary>
    public required bool OutputKnown { get; init; }

    /// <summary>The provider's own words, JSON; null when there were none.</summary>
    public string? Json { get; init; }

    /// <summary>The model that answered, as the reply names it.</summary>
    public string? Model { get; init; }

    /// <summary>The tier that the reply says it was served on, which may differ from the one asked for: <c>default</c>, <c>flex</c>.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Where the reply says that it was computed, when its provider bills that: <c>us</c>.</summary>
    public string? Region { get; init; }

    /// <summary>The provider's id of the reply: one reply is billed once, however often it is fetched.</summary>
    public string? ResponseId { get; init; }

    /// <summary>False while the provider still works on the reply (a response in the background): not to be billed yet.</summary>
    public bool Finished { get; init; } = true;

    /// <summary>What about the counts contradicts itself; empty when nothing does.</summary>
    public IReadOnlyList<string> Violations { get; init; } = [];

    /// <summary>What was told and cannot be split or priced as told; empty when nothing.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>True when nothing has to be estimated.</summary>
    public bool Measured => InputKnown && OutputKnown;

    /// <summary>The counts, with those sides that were not told estimated from the bytes that went over the wire.</summary>
    /// <returns>The usage, and whether any of it is an estimate, which must be labelled.</returns>
    public (TokenUsage Usage, bool Estimated) Complete(long inputBytes, long outputBytes)
    {
        if (Measured) return (Tokens!, false);
        var estimate = UsageEstimate.Of(inputBytes, outputBytes);
        var told = Tokens ?? new TokenUsage();
        if (!InputKnown) told = told with { InputUncached = estimate.InputUncached };
        // A placeholder is a lower bound: tokens that were already counted do not disappear.
        if (!OutputKnown) told = told with { OutputText = Math.Max(estimate.OutputText!.Value, told.OutputText ?? 0) };
        return (told, true);
    }
}
