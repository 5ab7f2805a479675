using System.CommandLine;
using System.Globalization;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary><c>traces breakdown</c>.</summary>
internal static class BreakdownCommand
{
    public static Command Create(Shell shell)
    {
        var by = new Option<string>("--by") { HelpName = "THINGS", Description = "What to tell apart by: " + Words(", "), DefaultValueFactory = _ => "version" };
        var metric = new Option<string>("--metric") { HelpName = "NAME", Description = "Feedback that says what passed", DefaultValueFactory = _ => "outcome" };
        var flags = new TraceFlags();
        return shell.Connected(
            "breakdown",
            "Tells volume, pass rate, cost, tokens and latency apart by version, model, hour and more",
            async (invocation, client, parse, cancellationToken) =>
            {
                var dimensions = parse.GetValue(by)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Dimension).ToList();
                var query = flags.Read(invocation, parse) with { Limit = parse.GetValue(flags.Limit) };
                var all = await client.Traces.BreakDownAsync(query, dimensions, parse.GetValue(metric)!, cancellationToken);
                invocation.Answer(all, ContractsJson.Default.TraceBreakdown, () => Write(invocation, all));
                return ExitCodes.Done;
            },
            [by, metric, .. flags.Filters, flags.Limit]);
    }

    private static void Write(Invocation invocation, TraceBreakdown all)
    {
        var rows = new Rows([.. all.By.Select(one => one.ToString().ToLowerInvariant()), "traces", "errors", "pass", "cost", "calls", "in", "out", "p50", "p95"]);
        foreach (var group in all.Groups)
        {
            rows.Add([
                .. group.Keys.Select(key => Text.Cut(key ?? "-", 40)), Count(group.Traces), Count(group.Errors),
                group.PassRate is { } pass ? pass.ToString("0.0%", CultureInfo.InvariantCulture) + $" of {group.Judged}" : "",
                Text.Money(group.Cost) + (group.UnpricedCalls > 0 ? $" + {Count(group.UnpricedCalls)} calls unknown" : ""),
                Count(group.ModelCalls), Count(group.InputTokens), Count(group.OutputTokens), Text.Seconds(group.DurationP50), Text.Seconds(group.DurationP95),
            ]);
        }

        rows.Write(invocation);
        if (all.Weighted) invocation.Line("Traffic is sampled: numbers are estimates of all of it, each kept trace counted 1/p times.");
        if (all.Truncated) invocation.Line("There are more groups: raise --limit.");
    }

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Words(string between) => string.Join(between, Enum.GetNames<TraceDimension>().Select(name => name.ToLowerInvariant()));

    private static TraceDimension Dimension(string word) => Enum.TryParse<TraceDimension>(word, ignoreCase: true, out var dimension) && !char.IsAsciiDigit(word[0])
        ? dimension
        : throw CliError.Usage($"--by is \"{word}\".", $"It is one to three of {Words(", ")}.", "Write --by hour,model");
}
