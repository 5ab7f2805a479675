using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>Tells a baseline that nothing can be compared with, as early as its evidence shows it.</summary>
internal static class BaselineCheck
{
    /// <summary>The event that ends the session; null while the baseline can be used.</summary>
    /// <param name="baseline">With the blocks that were run so far.</param>
    /// <param name="cases">How many cases it will be run on in all.</param>
    public static SessionEvent.SessionFailed? WhyNotUsable(Candidate baseline, int cases)
    {
        var rows = baseline.Search.Values.OrderBy(row => row.Case.Value, StringComparer.Ordinal).ToList();
        if (rows.Count == 0) return null;
        if (rows.TrueForAll(row => row.Outcome != "completed"))
        {
            return new(
                SessionFailureCodes.BaselineBroken,
                $"The baseline completed none of its first {rows.Count} cases ({rows[0].Outcome}): {rows[0].Reason}",
                "Try one request with 'espalier run --input TEXT' and check the setup with 'espalier doctor'.", Resumable: false);
        }

        if (baseline.Cases == 0)
        {
            var first = rows.Find(row => row.Outcome == "completed")!;
            return new(
                SessionFailureCodes.BaselineNotJudged,
                $"The judge gave no verdict on the baseline's first {rows.Count} cases: {first.Reason}",
                "Use a dataset whose cases have reference answers, or judge by a command with 'judge: { verifier: COMMAND }' in espalier.yaml.", Resumable: false);
        }

        // A lost bill now and then is no reason to give up; none at all is, and too many at the end.
        return rows.TrueForAll(row => row.Cost is null) || (rows.Count >= cases && baseline.CostPerRequest is null)
            ? new(
                SessionFailureCodes.BaselineCostUnknown,
                $"What the baseline costs is not known for {rows.Count(row => row.Cost is null)} of its first {rows.Count} cases, so no version can be called cheaper or dearer.",
                "Give its models a price in the price file (Gateway:PriceFile), or use priced models in its slots.", Resumable: false)
            : null;
    }
}
