using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>The names of the ledger's lines; those of a session are in <c>Search</c>.</summary>
public static class BudgetLines
{
    public static BudgetId Production(string agent) => new($"production/{agent}");

    /// <summary>All virtual keys together; without a limit unless somebody sets one.</summary>
    public static BudgetId Keys { get; } = new("keys");

    public static BudgetId Key(string id) => new($"keys/{id}");

    public static BudgetId Evaluation(string id) => new($"evaluation/{id}");
}
