using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;

namespace Espalier.Cli.Agents;

/// <summary><c>compare A B</c>: what changed from one version to another.</summary>
internal static class CompareCommand
{
    public static Command Create(Shell shell)
    {
        var from = new Argument<string>("a") { HelpName = "A", Description = "The version to start from" };
        var to = new Argument<string>("b") { HelpName = "B", Description = "The version to look at" };
        var agentFlag = Flags.Agent();
        var output = Flags.Output();
        return shell.Connected(
            "compare",
            "Shows what changed between two versions",
            async (invocation, client, parse, cancellationToken) =>
            {
                var agent = await AgentChoice.FindAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                var a = await VersionChoice.ResolveAsync(client, agent, parse.GetValue(from)!, cancellationToken);
                var b = await VersionChoice.ResolveAsync(client, agent, parse.GetValue(to)!, cancellationToken);
                var diff = await client.Agents.DiffAsync(agent.Agent, b, a, cancellationToken);
                if (parse.GetValue(output) is { } file)
                {
                    await Files.WriteAsync(invocation, file, diff.Patch, cancellationToken);
                    return ExitCodes.Done;
                }

                invocation.Answer(diff, ContractsJson.Default.VersionDiff, () =>
                {
                    invocation.Line($"from {diff.From}");
                    invocation.Line($"to   {diff.To}");
                    WritePatch(invocation, diff.Patch);
                });
                return ExitCodes.Done;
            },
            from,
            to,
            agentFlag,
            output);
    }

    private static void WritePatch(Invocation invocation, string patch)
    {
        var colours = invocation.Terminal.OutIsTerminal && !invocation.NoColor;
        foreach (var line in Text.Clean(patch).Split('\n'))
        {
            var colour = !colours ? null : line.StartsWith('+') ? "32" : line.StartsWith('-') ? "31" : line.StartsWith('@') ? "36" : null;
            invocation.Terminal.Out.WriteLine(colour is null ? line : $"\u001b[{colour}m{line}\u001b[0m");
        }
    }
}
