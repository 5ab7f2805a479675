using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Operating;

/// <summary><c>budgets</c>: lines of the ledger.</summary>
internal static class BudgetsCommand
{
    private const string NoLimit = "none";

    public static Command Create(Shell shell) => Shell.Noun("budgets", "Shows lines of the ledger and sets their limits", Show(shell), Set(shell));

    private static Command Show(Shell shell)
    {
        var line = Line();
        return shell.Connected(
            "show",
            "Shows what a line has spent and reserved",
            async (invocation, client, parse, cancellationToken) => Tell(invocation, await client.Server.BudgetAsync(new BudgetId(parse.GetValue(line)!), cancellationToken)),
            line);
    }

    private static Command Set(Shell shell)
    {
        var line = Line();
        var limit = new Argument<string>("LIMIT") { Description = "50usd, or none" };
        return shell.Connected(
            "set",
            "Sets the limit of a line, or lifts it",
            async (invocation, client, parse, cancellationToken) => Tell(
                invocation, await client.Server.SetBudgetAsync(new BudgetId(parse.GetValue(line)!), Read(parse.GetValue(limit)!), cancellationToken)),
            line, limit);
    }

    private static Argument<string> Line() => new("LINE") { Description = "project (above all), keys, keys/KEY, production/AGENT" };

    private static int Tell(Invocation invocation, BudgetState state)
    {
        invocation.Answer(state, ContractsJson.Default.BudgetState, () =>
            invocation.Line($"{state.Id}: spent {state.Spent}, reserved {state.Reserved}, limit {state.Limit?.ToString() ?? NoLimit} USD"));
        return ExitCodes.Done;
    }

    private static Usd? Read(string text) => text == NoLimit ? null : Usd.TryParse(text, out var limit) && limit.Nano >= 0
        ? limit
        : throw CliError.Usage($"'{text}' is no limit.", "A limit is dollars from 0 on, like 50usd, or none.", "Correct LIMIT.");
}
