namespace Espalier.Contracts.Search;

/// <summary>Causes that the search itself ends a session for. Where a refusal ended it, its code stands instead.</summary>
public static class SessionFailureCodes
{
    /// <summary>The budget does not pay for the baseline's runs. A limit, not a fault.</summary>
    public const string BudgetSpent = "budget-spent";

    /// <summary>The baseline completed no case.</summary>
    public const string BaselineBroken = "baseline-broken";

    /// <summary>The judge gave no verdict on the baseline.</summary>
    public const string BaselineNotJudged = "baseline-not-judged";

    /// <summary>What the baseline costs is not known, so nothing can be called cheaper.</summary>
    public const string BaselineCostUnknown = "baseline-cost-unknown";
}
