using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Sdk;

namespace Espalier.Cli.Operating;

/// <summary><c>approvals</c>: tool calls that a guardrail holds until a person says yes or no.</summary>
internal static class ApprovalsCommand
{
    private const int MostArguments = 60;

    public static Command Create(Shell shell) => Shell.Noun(
        "approvals", "Lists tool calls that wait for a person, lets them through or not", List(shell), Decide(shell, approve: true), Decide(shell, approve: false));

    private static Command List(Shell shell)
    {
        var agent = new Option<string?>("--agent") { Description = "Of this agent alone", HelpName = "AGENT" };
        var state = new Option<string?>("--state") { Description = "Those that are pending, approved or denied alone", HelpName = "STATE" };
        return shell.Connected(
            "list",
            "Lists them, newest first",
            async (invocation, client, parse, cancellationToken) =>
            {
                var page = await client.Server.ApprovalsAsync(parse.GetValue(agent), parse.GetValue(state), cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageToolApproval, () =>
                {
                    var rows = new Rows("approval", "agent", "tool", "arguments", "guardrail", "asked", "state");
                    foreach (var one in page.Items) rows.Add(one.Id, one.Agent, one.Tool, Text.Cut(one.Arguments, MostArguments), one.Guardrail, one.Asked.ToString("u"), State(one));
                    rows.Write(invocation);
                });
                if (page.Items.FirstOrDefault(one => one.State == ApprovalState.Pending) is { } waiting) invocation.Next($"espalier approvals approve {waiting.Id}");
                return ExitCodes.Done;
            },
            agent, state);
    }

    private static Command Decide(Shell shell, bool approve)
    {
        var approval = new Argument<string>("APPROVAL") { Description = "Its id, as 'approvals list' shows it" };
        return shell.Connected(
            approve ? "approve" : "deny",
            approve ? "Lets a tool call through when it is made again" : "Refuses a tool call for as long as an approval would hold",
            async (invocation, client, parse, cancellationToken) =>
            {
                var decided = await client.Server.DecideAsync(parse.GetValue(approval)!, approve, cancellationToken);
                invocation.Answer(decided, ContractsJson.Default.ToolApproval, () => invocation.Line($"{State(decided)}: {decided.Agent} {Text.Clean(decided.Tool)} {Text.Clean(decided.Arguments)}"));
                return ExitCodes.Done;
            },
            approval);
    }

    private static string State(ToolApproval one) => one.State switch
    {
        ApprovalState.Approved => $"approved until {one.Expires:u}, {one.UsesLeft} of {one.Uses} left",
        ApprovalState.Denied => $"denied until {one.Expires:u}",
        _ => "pending",
    };
}
