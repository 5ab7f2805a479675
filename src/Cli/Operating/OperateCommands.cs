using System.CommandLine;
using Espalier.Cli.Output;

namespace Espalier.Cli.Operating;

/// <summary>Starting, stopping and asking after the server, and what belongs to no slice.</summary>
internal static class OperateCommands
{
    public static IEnumerable<Command> Start(Shell shell) => [UpCommand.Create(shell), DownCommand.Create(shell), StatusCommand.Create(shell)];

    public static IEnumerable<Command> Other(Shell shell) => [Completions(shell), VersionCommand.Create(shell), HelpCommand.Create(shell)];

    private static Command Completions(Shell shell)
    {
        var name = new Argument<string>("shell") { Description = "bash", HelpName = "SHELL" };
        return shell.Verb(
            "completions",
            "Prints the script that completes commands in a shell",
            (invocation, parse, _) =>
            {
                var asked = parse.GetValue(name);
                if (asked != "bash")
                    throw CliError.Usage($"There are no completions for \"{asked}\".", "Only bash is known.", "Type: source <(espalier completions bash)");
                invocation.Terminal.Out.Write(Resource.Read("completions.bash"));
                return Task.FromResult(ExitCodes.Done);
            },
            name);
    }
}
