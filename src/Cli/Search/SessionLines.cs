using Espalier.Cli.Output;
using Espalier.Contracts.Search;

namespace Espalier.Cli.Search;

/// <summary>A running session in at most six lines.</summary>
internal static class SessionLines
{
    public static string[] Of(SessionSummary session, bool plain)
    {
        var dot = plain ? "-" : "·";
        var head = $"search    {session.Phase} {dot} {session.Runs} runs {dot} {session.Candidates} candidates, {session.Pruned} pruned";
        var money = $"          spent {Text.Money(session.Spent)}, reserved {Text.Money(session.Reserved)}, limit {Text.Money(session.Budget)}";
        var frontier = session.Frontier.Count == 0
            ? ""
            : "          frontier so far (search split): " + string.Join("  ", Ends(session.Frontier).Select(point => $"{Text.Percent(point.PassRate)} at {Text.Money(point.CostPerRequest)}"));
        var decision = session.LastDecision is { } words ? $"          {words}" : "";
        return [head, frontier, money, decision];
    }

    /// <summary>The cheapest, the best, and one between: a line must fit.</summary>
    private static IEnumerable<FrontierSketch> Ends(IReadOnlyList<FrontierSketch> frontier) =>
        frontier.Count <= 3 ? frontier : [frontier[0], frontier[frontier.Count / 2], frontier[^1]];
}
