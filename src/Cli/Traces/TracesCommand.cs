using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Datasets;
using Espalier.Cli.Output;
using Espalier.Cli.Traces.Imports;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary><c>traces list|show|conversation|totals|breakdown|send|import|feedback|delete</c>.</summary>
internal static class TracesCommand
{
    public static Command Create(Shell shell) => Shell.Noun(
        "traces", "What agents did, what it cost, what was said about it", List(shell), Show(shell), TalkCommand.Create(shell), Totals(shell),
        BreakdownCommand.Create(shell), Send(shell), ImportCommand.Create(shell), FeedbackCommand.Create(shell), DeleteCommand.Create(shell));

    private static Command List(Shell shell)
    {
        var flags = new TraceFlags();
        return shell.Connected(
            "list",
            "Lists traces, newest first",
            async (invocation, client, parse, cancellationToken) =>
            {
                var query = flags.Read(invocation, parse) with { Limit = parse.GetValue(flags.Limit), Cursor = parse.GetValue(flags.Cursor) };
                var page = await client.Traces.ListAsync(query, cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageTraceSummary, () =>
                {
                    var rows = new Rows("trace", "start", "version", "cost", "time", "input", "output", "feedback");
                    foreach (var trace in page.Items)
                    {
                        rows.Add(
                            trace.TraceId.Value, trace.Start.ToString("u"), Text.Short(trace.Version?.Value ?? ""), Text.Money(trace.Cost), Text.Seconds(trace.Duration),
                            Text.Cut(trace.Input, 40), Text.Cut(trace.Error ?? trace.Output, 30), Text.Cut(Words(trace.Feedback), 40));
                    }

                    rows.Write(invocation);
                });
                if (page.NextCursor is { } cursor) invocation.Next($"espalier traces list --cursor {cursor}");
                else if (page.Items is [var first, ..]) invocation.Next($"espalier traces show {first.TraceId}");
                return ExitCodes.Done;
            },
            [.. flags.Filters, flags.Limit, flags.Cursor]);
    }

    private static Command Show(Shell shell)
    {
        var id = new Argument<string>("trace") { HelpName = "TRACE", Description = "Its id: 32 hex digits" };
        return shell.Connected(
            "show",
            "Shows one trace with every call in it",
            async (invocation, client, parse, cancellationToken) =>
            {
                var trace = await client.Traces.GetAsync(new TraceId(parse.GetValue(id)!), cancellationToken);
                invocation.Answer(trace, ContractsJson.Default.Trace, () => TraceText.Write(invocation, trace));
                return ExitCodes.Done;
            },
            id);
    }

    private static Command Totals(Shell shell)
    {
        var flags = new TraceFlags();
        return shell.Connected(
            "totals",
            "Counts traces and sums their cost",
            async (invocation, client, parse, cancellationToken) =>
            {
                var totals = await client.Traces.TotalsAsync(flags.Read(invocation, parse), cancellationToken);
                invocation.Answer(totals, ContractsJson.Default.TraceTotals, () =>
                {
                    invocation.Line($"traces    {totals.Traces}{(totals.Weighted ? $", estimated from {totals.Observed} that were kept" : "")}");
                    invocation.Line($"errors    {totals.Errors}");
                    invocation.Line($"attempts  {totals.Attempts}");
                    invocation.Line($"cost      ${totals.Cost}{(totals.UnpricedCalls > 0 ? $" and {totals.UnpricedCalls} calls of unknown cost" : "")}");
                });
                return ExitCodes.Done;
            },
            flags.Filters);
    }

    private static Command Send(Shell shell)
    {
        var file = new Argument<string>("file") { HelpName = "FILE", Description = "Requests: JSONL, JSON array or CSV, each also as .gz" };
        var agentFlag = Flags.Agent();
        var seed = Flags.Seed();
        return shell.Connected(
            "send",
            "Sends a file's requests to the served version, and their labels as outcomes",
            async (invocation, client, parse, cancellationToken) =>
            {
                var requests = await RequestReader.ReadAsync(invocation.PathOf(parse.GetValue(file)!), needsLabel: false, cancellationToken);
                var rejected = RejectedFile.Write(invocation, requests);
                var agent = await AgentChoice.NameAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                using var block = new ProgressBlock(invocation);
                var tally = await new TrafficSender(client, agent, parse.GetValue(seed)).SendAsync(
                    requests.Rows, sent => block.Show($"sent {sent.Requests}/{requests.Rows.Count}, spent {Text.Money(sent.Cost)}"), cancellationToken);
                block.Dispose();
                var answer = new SentTraffic(
                    agent, tally.Requests, tally.Failed, tally.Labelled, tally.Right, tally.PassRate?.Value, tally.Cost.ToDollars(), requests.Rejected.Count, rejected);
                invocation.Answer(answer, CliJson.Default.SentTraffic, () =>
                {
                    invocation.Line($"sent {tally.Requests} requests, {tally.Failed} without an answer, cost ${tally.Cost}");
                    if (tally.Labelled > 0) invocation.Line($"right {Text.Percent(tally.PassRate)} of {tally.Labelled} with a label");
                });
                invocation.Next("espalier datasets build");
                return requests.Rows.Count == 0 ? ExitCodes.Usage : ExitCodes.Done;
            },
            file,
            agentFlag,
            seed);
    }

    internal static string Words(IReadOnlyList<Feedback> feedback) =>
        string.Join(", ", feedback.Select(one => $"{one.Name} {one.Label ?? one.Value?.ToString("0.##")}"));
}
