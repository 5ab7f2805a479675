using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>The names of the ledger's lines; those of a session are in <c>Search</c>.</summary>
public static class BudgetLines
{
    /// <summary>Above every other line: all that is spent here counts on it. Without a limit unless somebody sets one.</summary>
    public static BudgetId Project { get; } = new("project");

    public static BudgetId Production(string agent) => new($"production/{agent}");

    /// <summary>All virtual keys together; without a limit unless somebody sets one.</summary>
    public static BudgetId Keys { get; } = new("keys");

    public static BudgetId Key(string id) => new($"keys/{id}");

    /// <summary>One session of a key's calls, and one run of it or of the key; the names are the caller's.</summary>
    public static BudgetId Session(BudgetId key, string session) => new($"{key.Value}/session.{session}");

    public static BudgetId Run(BudgetId above, string run) => new($"{above.Value}/run.{run}");

    /// <summary>Commands that people run in a sandbox by hand; without a limit unless somebody sets one.</summary>
    public static BudgetId Sandbox { get; } = new("sandbox");

    /// <summary>Whether people set its limit; others' limits are part of a plan.</summary>
    public static bool IsOperators(BudgetId line) => line == Project || line == Keys || line == Sandbox || line.Value == "production"
        || line.Value.StartsWith("keys/", StringComparison.Ordinal) || line.Value.StartsWith("production/", StringComparison.Ordinal);

    public static BudgetId Evaluation(string id) => new($"evaluation/{id}");
}
