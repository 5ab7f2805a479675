using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>How a run ended. A failed run is a result to learn from, not an exception.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ended")]
[JsonDerivedType(typeof(Completed), "completed")]
[JsonDerivedType(typeof(TimedOut), "timed_out")]
[JsonDerivedType(typeof(OverBudget), "over_budget")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record Outcome
{
    private Outcome() { }

    public sealed record Completed(string Output) : Outcome;

    /// <param name="Limit">The wall time that one request may take.</param>
    public sealed record TimedOut(TimeSpan Limit) : Outcome
    {
        /// <summary>The last lines that the agent wrote to standard error, at most 4 KiB; null when it wrote none.</summary>
        public string? Stderr { get; init; }
    }

    /// <param name="Limit">What the budget allows in all.</param>
    /// <param name="Reason">One sentence with what to do about it.</param>
    /// <param name="Line">The ledger's line that was spent; null when it was the run's own limit.</param>
    public sealed record OverBudget(Usd Limit, string Reason, BudgetId? Line) : Outcome;

    /// <param name="At">The boundary that failed.</param>
    /// <param name="Reason">One sentence with what to do about it.</param>
    /// <param name="Stderr">The last lines that the agent wrote to standard error, at most 4 KiB.</param>
    public sealed record Failed(Boundary At, string Reason, string Stderr) : Outcome;
}

/// <summary>Who was at fault when a run failed.</summary>
public enum Boundary
{
    Agent,
    Provider,
    Tool,
    Sandbox,
    Judge,
}
