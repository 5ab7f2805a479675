using System.CommandLine;
using Espalier.Cli.Output;

namespace Espalier.Cli.Operating;

/// <summary><c>help</c>, <c>help exit-codes</c>, <c>help optimize</c>.</summary>
internal static class HelpCommand
{
    public static Command Create(Shell shell)
    {
        var topic = new Argument<string[]>("topic") { Description = "exit-codes, or a command", HelpName = "TOPIC", Arity = ArgumentArity.ZeroOrMore };
        return shell.Verb(
            "help",
            "Help on a command or a topic",
            async (invocation, parse, cancellationToken) =>
            {
                var words = parse.GetValue(topic) ?? [];
                if (words is not ["exit-codes"]) return await CommandLine.RunAsync(shell.Terminal, [.. words, "--help"], cancellationToken);
                invocation.Terminal.Out.Write(Resource.Read("exit-codes.md"));
                return ExitCodes.Done;
            },
            topic);
    }
}
