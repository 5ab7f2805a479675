using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;

namespace Espalier.Core.Runs;

/// <summary>The names of the ledger's lines.</summary>
public static class BudgetLines
{
    public static BudgetId Production(string agent) => new($"production/{agent}");

    public static BudgetId Evaluation(string id) => new($"evaluation/{id}");

    public static BudgetId Session(SessionId session) => new($"session/{session}");

    public static BudgetId Search(SessionId session) => new($"session/{session}/search");

    public static BudgetId Confirm(SessionId session) => new($"session/{session}/confirm");
}
