using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Agents;

namespace Espalier.Cli.Agents;

/// <summary><c>tools</c>: the tool servers that contracts declare, and whether the server may start them.</summary>
internal static class ToolsCommand
{
    public static Command Create(Shell shell) => Shell.Noun("tools", "Lists the tool servers of an agent, and trusts them", List(shell), Trust(shell), Distrust(shell));

    private static Command List(Shell shell)
    {
        var agent = Agent();
        return shell.Connected(
            "list",
            "Lists the tool servers that an agent's contract declares",
            async (invocation, client, parse, cancellationToken) =>
            {
                var page = await client.Agents.ToolsAsync(parse.GetValue(agent)!, cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageDeclaredTool, () =>
                {
                    var rows = new Rows("tool", "kind", "starts or reaches", "secrets", "writes", "miss", "trusted");
                    foreach (var tool in page.Items)
                    {
                        rows.Add(
                            tool.Contract.Name, Kind(tool.Contract), Text.Cut(Target(tool.Contract), 60), Secrets(tool), Word(tool.Contract.Writes), Word(tool.Contract.Miss),
                            tool.Trusted ? "yes" : "no");
                    }

                    rows.Write(invocation);
                });
                return ExitCodes.Done;
            },
            agent);
    }

    private static Command Trust(Shell shell)
    {
        var agent = Agent();
        var tool = new Argument<string?>("TOOL") { Description = "The tool server's name; without it, all that are not trusted yet", Arity = ArgumentArity.ZeroOrOne };
        return shell.Connected(
            "trust",
            "Lets the server start or reach a tool server as it is declared now",
            async (invocation, client, parse, cancellationToken) =>
            {
                var name = parse.GetValue(agent)!;
                var only = parse.GetValue(tool);
                var declared = (await client.Agents.ToolsAsync(name, cancellationToken)).Items.Where(one => only is null ? !one.Trusted : one.Contract.Name == only).ToList();
                if (only is not null && declared.Count == 0)
                    throw CliError.NotFound($"The contract of '{name}' declares no tool server '{only}'.", "Names are those below 'tools:' in espalier.yaml.", $"espalier tools list {name}");
                foreach (var one in declared)
                {
                    var trusted = await client.Agents.TrustToolAsync(name, one.Contract.Name, one.Digest, cancellationToken);
                    invocation.Line($"trusted {trusted.Contract.Name}: {Target(trusted.Contract)}{(trusted.Contract.Secrets.Count > 0 ? $" with {string.Join(", ", trusted.Contract.Secrets)}" : "")}");
                }

                if (declared.Count == 0) invocation.Say("there is nothing that is not trusted");
                return ExitCodes.Done;
            },
            agent, tool);
    }

    private static Command Distrust(Shell shell)
    {
        var agent = Agent();
        var tool = new Argument<string>("TOOL") { Description = "The tool server's name" };
        return shell.Connected(
            "distrust",
            "Trusts a tool server no more, at once",
            async (invocation, client, parse, cancellationToken) =>
            {
                await client.Agents.DistrustToolAsync(parse.GetValue(agent)!, parse.GetValue(tool)!, cancellationToken);
                invocation.Line($"{parse.GetValue(tool)} is not trusted any more");
                return ExitCodes.Done;
            },
            agent, tool);
    }

    private static Argument<string> Agent() => new("AGENT") { Description = "The agent's name" };

    private static string Kind(ToolContract tool) => tool.Protocol switch
    {
        ToolProtocol.Stdio => "mcp stdio",
        ToolProtocol.Http => "mcp http",
        _ => "http",
    };

    private static string Target(ToolContract tool) => tool.Command ?? tool.Url!.AbsoluteUri;

    private static string Secrets(DeclaredTool tool) =>
        string.Join(",", tool.Contract.Secrets.Select(name => tool.MissingSecrets.Contains(name) ? $"{name} (not set)" : name)) is { Length: > 0 } listed ? listed : "none";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
