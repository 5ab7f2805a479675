namespace Espalier.Contracts.Runs;

/// <summary>How a run ended, in one word for tables and files.</summary>
public static class OutcomeWords
{
    /// <summary><c>completed</c>, <c>timed_out</c>, <c>over_budget</c>, or <c>failed/</c> and the boundary that failed.</summary>
    public static string Word(this Outcome outcome) => outcome switch
    {
        Outcome.Completed => "completed",
        Outcome.TimedOut => "timed_out",
        Outcome.OverBudget => "over_budget",
        Outcome.Failed failed => $"failed/{failed.At.Word()}",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "No such outcome."),
    };

    /// <summary>Where it failed: <c>agent</c>, <c>tool</c>, <c>provider</c>, <c>sandbox</c>, <c>judge</c>, <c>budget</c>, <c>time</c>; null when it did not.</summary>
    public static string? FailedAt(this Outcome outcome) => outcome switch
    {
        Outcome.TimedOut => "time",
        Outcome.OverBudget => "budget",
        Outcome.Failed failed => failed.At.Word(),
        _ => null,
    };

    private static string Word(this Boundary boundary) => boundary switch
    {
        Boundary.Agent => "agent",
        Boundary.Provider => "provider",
        Boundary.Tool => "tool",
        Boundary.Sandbox => "sandbox",
        Boundary.Judge => "judge",
        _ => throw new ArgumentOutOfRangeException(nameof(boundary), boundary, "No such boundary."),
    };
}
