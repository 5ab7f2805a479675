using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;

namespace Espalier.Cli.Agents;

/// <summary><c>run [VERSION] --input TEXT|-</c>: one request, one answer, its price.</summary>
internal static class RunCommand
{
    public static Command Create(Shell shell)
    {
        var version = new Argument<string?>("version") { HelpName = "VERSION", Arity = ArgumentArity.ZeroOrOne, Description = "SHA prefix, production, head, baseline, best or cheapest (else production)" };
        var input = new Option<string?>("--input") { HelpName = "TEXT|-", Description = "The request; - reads standard input" };
        var conversation = new Option<string?>("--conversation") { HelpName = "ID", Description = "The conversation that it belongs to" };
        var agentFlag = Flags.Agent();
        return shell.Connected(
            "run",
            "Asks a version one thing and shows answer, cost and time",
            async (invocation, client, parse, cancellationToken) =>
            {
                var text = parse.GetValue(input) ?? throw CliError.Usage("There is no input.", "run sends one request.", "Add --input TEXT, or --input - to read standard input.");
                if (text == "-") text = await invocation.Terminal.In.ReadToEndAsync(cancellationToken);
                var agent = await AgentChoice.FindAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                var pinned = parse.GetValue(version) is { } named ? await VersionChoice.ResolveAsync(client, agent, named, cancellationToken) : null;
                var answer = await client.Agents.InvokeAsync(
                    agent.Agent, new InvokeRequest { Input = text, Conversation = parse.GetValue(conversation), Version = pinned }, cancellationToken);
                if (answer.Outcome is not Outcome.Completed && !invocation.Json) throw NoAnswer(answer);
                invocation.Answer(answer, ContractsJson.Default.InvokeAnswer, () => invocation.Line(answer.Output ?? ""));
                invocation.Say($"version {Text.Short(answer.Version.Value)}, {Text.Money(answer.Cost)}, {Text.Seconds(answer.Duration)}, trace {answer.TraceId}");
                invocation.Next($"espalier traces show {answer.TraceId}");
                return answer.Outcome is Outcome.Completed ? ExitCodes.Done : ExitCodes.NoOutcome;
            },
            version,
            input,
            conversation,
            agentFlag);
    }

    private static CliError NoAnswer(InvokeAnswer answer)
    {
        var (what, why) = answer.Outcome switch
        {
            Outcome.TimedOut timedOut => ("The agent took too long.", $"Its limit is {Text.Seconds(timedOut.Limit)} (run.timeout in espalier.yaml)."),
            Outcome.OverBudget over => ("The run would cost too much.", $"{over.Reason} Its limit is {Text.Money(over.Limit)} (budget.run in espalier.yaml)."),
            Outcome.Failed failed => ($"The run failed at the {failed.At.ToString().ToLowerInvariant()}.", $"{failed.Reason} {Text.Cut(failed.Stderr, 400)}".Trim()),
            _ => ("There is no answer.", ""),
        };
        return new CliError(ExitCodes.NoOutcome, "no-outcome", what, why, $"See `espalier traces show {answer.TraceId}`, or check the agent: espalier doctor");
    }
}
