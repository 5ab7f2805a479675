using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;

namespace Espalier.Core.Search;

/// <summary>The names of a session's lines in the ledger: the whole, and under it what the search and the confirmation may spend.</summary>
public static class SessionLines
{
    public static BudgetId Session(SessionId session) => new($"session/{session}");

    public static BudgetId Search(SessionId session) => new($"session/{session}/search");

    public static BudgetId Confirm(SessionId session) => new($"session/{session}/confirm");
}
