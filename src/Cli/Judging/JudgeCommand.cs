using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Datasets;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Judging;

/// <summary><c>judge run [VERSION] --dataset D</c>: a version on a split, every output judged.</summary>
internal static class JudgeCommand
{
    // More than this share without a verdict is the machine's trouble, not the agent's quality.
    private const double MostWithoutVerdict = 0.2;

    public static Command Create(Shell shell)
    {
        var version = new Argument<string?>("version") { HelpName = "VERSION", Arity = ArgumentArity.ZeroOrOne, Description = "SHA prefix, production, head, baseline, best or cheapest (else production)" };
        var dataset = new Option<string?>("--dataset") { HelpName = "D", Description = "A name, name@revision or a revision (else the agent's newest)" };
        var data = new Option<string?>("--data") { HelpName = "FILE", Description = "Import this file first and judge on it" };
        var split = new Option<string>("--split") { HelpName = "search|confirm|vault", Description = "The split to run on", DefaultValueFactory = _ => "search" };
        var limit = new Option<int?>("--limit") { HelpName = "N", Description = "Most cases (all)" };
        var budget = Flags.Budget();
        var agentFlag = Flags.Agent();
        return Shell.Noun(
            "judge",
            "Runs versions on cases and judges every output",
            shell.Connected(
                "run",
                "Evaluates a version on one split of a dataset",
                async (invocation, client, parse, cancellationToken) =>
                {
                    var ceiling = parse.GetValue(budget) is { } money ? Money.Read(money, "--budget") : (Usd?)null;
                    var wanted = Splits.Read(parse.GetValue(split)!);
                    var agent = await AgentChoice.FindAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                    var revision = await DatasetChoice.FindAsync(invocation, client, agent.Agent, parse.GetValue(dataset), parse.GetValue(data), 1, cancellationToken);
                    var cases = Math.Min(parse.GetValue(limit) ?? int.MaxValue, wanted switch { Contracts.Datasets.Split.Search => revision.Search, Contracts.Datasets.Split.Confirm => revision.Confirm, _ => revision.Vault });
                    var forecast = await Forecast.OfRunsAsync(client, agent, cases, cancellationToken);
                    invocation.Say($"{cases} runs, {forecast.Words}; ceiling {(ceiling is { } most ? Text.Money(most) : "none: set one with --budget")}");
                    if (ceiling is null && !invocation.Yes && !invocation.Confirm("Run it?", "--budget MONEY or --yes")) return ExitCodes.Refused;

                    using var block = new ProgressBlock(invocation);
                    block.Show($"running {cases} cases");
                    var evaluation = await client.Judging.EvaluateAsync(
                        new EvaluateRequest
                        {
                            Agent = agent.Agent, Dataset = revision.Id.Value, Split = wanted, Limit = parse.GetValue(limit), Budget = ceiling,
                            Version = parse.GetValue(version) is { } named ? await VersionChoice.ResolveAsync(client, agent, named, cancellationToken) : null,
                        },
                        cancellationToken);
                    block.Dispose();
                    invocation.Answer(evaluation, ContractsJson.Default.Evaluation, () => Show(invocation, evaluation));
                    return ExitOf(evaluation, cases);
                },
                version,
                dataset,
                data,
                split,
                limit,
                budget,
                agentFlag));
    }

    private static int ExitOf(Evaluation evaluation, int cases)
    {
        if (evaluation.Rows.Any(row => row.Outcome == "over_budget") || evaluation.Rows.Count < cases) return ExitCodes.StoppedAtLimit;
        var without = evaluation.Rows.Count(row => row.Pass is null);
        return without > evaluation.Rows.Count * MostWithoutVerdict ? ExitCodes.NoOutcome : ExitCodes.Done;
    }

    private static void Show(Invocation invocation, Evaluation evaluation)
    {
        invocation.Line($"version    {evaluation.Version}");
        invocation.Line($"dataset    {evaluation.Revision}, {evaluation.Split.ToString().ToLowerInvariant()} split, {evaluation.Rows.Count} runs");
        invocation.Line($"pass rate  {Text.Percent(evaluation.PassRate)}");
        invocation.Line($"cost       {Text.Money(evaluation.CostPerRequest)} a request");
        if (ToolUsage.Sum(evaluation.Rows.Select(row => row.Tools)) is { } tools)
        {
            var cases = evaluation.Rows.Count(row => row.Tools is { Missed: > 0 });
            invocation.Line($"tools      {tools.Calls} calls, {tools.Replayed} replayed; {(FrontierWords.MissesInWords(tools) is { } misses ? $"{misses}, in {cases} of {evaluation.Rows.Count} runs" : "none was missed")}");
        }

        var endings = evaluation.Rows.Where(row => row.Outcome != "completed").GroupBy(row => row.Outcome).Select(group => $"{group.Count()} {group.Key}").ToArray();
        if (endings.Length > 0) invocation.Line($"endings    {string.Join(", ", endings)}");
        var failures = evaluation.Rows.Where(row => row.Pass == false).GroupBy(row => row.Reason).OrderByDescending(group => group.Count()).Take(5).ToArray();
        foreach (var failure in failures) invocation.Line($"{failure.Count(),6} x {Text.Cut(failure.Key, 100)}");
        if (evaluation.Rows.Sum(row => row.Retries) is > 0 and var retries) invocation.Line($"retries    {retries}, where a sandbox or a provider failed; they are in the cost");
        if (evaluation.Rows.FirstOrDefault(row => row.Stderr is not null) is { } loud) invocation.Line($"stderr     {Text.Cut(loud.Stderr, 300)}");
    }
}
