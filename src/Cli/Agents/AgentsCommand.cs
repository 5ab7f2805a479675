using System.CommandLine;
using System.Globalization;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Agents;

namespace Espalier.Cli.Agents;

/// <summary><c>agents list|show|call-sites|import</c>.</summary>
internal static class AgentsCommand
{
    private const int MostTemplate = 60;

    public static Command Create(Shell shell)
    {
        var name = new Argument<string?>("agent") { HelpName = "AGENT", Arity = ArgumentArity.ZeroOrOne, Description = "Its name (else the one whose folder this is)" };
        var folder = new Argument<string>("folder") { HelpName = "DIR", DefaultValueFactory = _ => ".", Description = "The agent's folder, with espalier.yaml" };
        return Shell.Noun(
            "agents",
            "The agents that the server knows",
            shell.Connected(
                "list",
                "Lists them with the version that serves",
                async (invocation, client, _, cancellationToken) =>
                {
                    var page = await client.Agents.ListAsync(cancellationToken);
                    invocation.Answer(page, ContractsJson.Default.PageAgentSummary, () =>
                    {
                        var rows = new Rows("agent", "serves", "imported", "source");
                        foreach (var agent in page.Items) rows.Add(agent.Agent, Text.Short(agent.Production.Value), Text.Short(agent.Head.Value), agent.Source);
                        rows.Write(invocation);
                    });
                    return ExitCodes.Done;
                }),
            shell.Connected(
                "show",
                "Shows one: its contract and versions",
                async (invocation, client, parse, cancellationToken) =>
                {
                    Show(invocation, await AgentChoice.FindAsync(invocation, client, parse.GetValue(name), cancellationToken));
                    return ExitCodes.Done;
                },
                name),
            shell.Connected(
                "call-sites",
                "Lists the places in one that call models, most calls first",
                async (invocation, client, parse, cancellationToken) =>
                {
                    // One that is served elsewhere has call sites too, and is not among the agents here.
                    var agent = parse.GetValue(name) ?? await AgentChoice.NameAsync(invocation, client, null, cancellationToken);
                    var page = await client.Agents.CallSitesAsync(agent, cancellationToken);
                    invocation.Answer(page, ContractsJson.Default.PageAgentCallSite, () =>
                    {
                        var rows = new Rows("call site", "calls", "last", "tools", "instructions");
                        foreach (var site in page.Items)
                            rows.Add(site.Name, site.Calls.ToString(CultureInfo.InvariantCulture), site.LastSeen.ToString("u"), string.Join(", ", site.Tools), Text.Cut(site.Template, MostTemplate));
                        rows.Write(invocation);
                    });
                    return ExitCodes.Done;
                },
                name),
            shell.Connected(
                "import",
                "Brings an agent's folder in; again after changes",
                async (invocation, client, parse, cancellationToken) =>
                {
                    var agent = await client.Agents.ImportAsync(new ImportAgentRequest { Path = invocation.PathOf(parse.GetValue(folder)!) }, cancellationToken);
                    Show(invocation, agent);
                    if (agent.Head != agent.Production) invocation.Say($"{Text.Short(agent.Head.Value)} is imported, {Text.Short(agent.Production.Value)} still serves; espalier release head makes the new one serve");
                    invocation.Next(agent.Head == agent.Production ? "espalier run --input TEXT" : "espalier run head --input TEXT");
                    return ExitCodes.Done;
                },
                folder));
    }

    private static void Show(Invocation invocation, AgentSummary agent) => invocation.Answer(agent, ContractsJson.Default.AgentSummary, () =>
    {
        invocation.Line($"agent     {agent.Agent}");
        invocation.Line($"source    {agent.Source}");
        invocation.Line($"imported  {agent.Head}");
        invocation.Line($"serves    {agent.Production}");
        invocation.Line($"runs      {agent.Contract.Run.Command} ({agent.Contract.Run.Protocol.ToString().ToLowerInvariant()}, at most {Text.Seconds(agent.Contract.Run.Timeout)})");
        invocation.Line($"editable  {string.Join(", ", agent.Contract.Artifacts.Select(artifact => $"{artifact.Key} [{string.Join(", ", artifact.Value)}]"))}");
        invocation.Line($"budget    {Text.Money(agent.Contract.Budget.Session)} a session, {Text.Money(agent.Contract.Budget.Run)} a run");
    });
}
