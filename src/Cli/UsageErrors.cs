using System.CommandLine;
using System.CommandLine.Parsing;
using Espalier.Cli.Output;

namespace Espalier.Cli;

/// <summary>What was wrong with the arguments, with the nearest names that exist.</summary>
internal static class UsageErrors
{
    public static CliError Explain(ParseResult parse)
    {
        var path = PathOf(parse.CommandResult);
        var command = parse.CommandResult.Command;
        var help = $"See `{path} --help`.";
        if (parse.UnmatchedTokens is [var unknown, ..])
        {
            if (unknown.StartsWith('-'))
            {
                var options = OptionsOf(parse.CommandResult).Select(option => option.Name);
                return CliError.Usage($"{path} has no flag {unknown}.", $"The nearest are {List(unknown, options)}.", help);
            }

            if (command.Subcommands.Count > 0)
            {
                var names = command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name).ToArray();
                return CliError.Usage($"{path} has no command \"{unknown}\".", $"The nearest are {List(unknown, names)}.", $"Try `{path} {Nearest.Of(unknown, names, 1)[0]}`, or `{path} --help` for all.");
            }

            return CliError.Usage($"\"{unknown}\" is one argument too many for {path}.", Usage(command), help);
        }

        var error = parse.Errors[0];
        return CliError.Usage(error.Message.TrimEnd('.') + ".", Usage(command), help);
    }

    public static CliError Incomplete(Command noun, ParseResult parse)
    {
        var path = PathOf(parse.CommandResult);
        var names = noun.Subcommands.Where(child => !child.Hidden).Select(child => child.Name).ToArray();
        return CliError.Usage($"{path} needs a command.", $"It has {string.Join(", ", names)}.", $"Try `{path} {names.FirstOrDefault()}`, or `{path} --help`.");
    }

    private static string List(string unknown, IEnumerable<string> known) => string.Join(", ", Nearest.Of(unknown, known, 3));

    private static string Usage(Command command)
    {
        var arguments = command.Arguments.Select(argument => argument.HelpName ?? argument.Name.ToUpperInvariant());
        return command.Arguments.Count == 0
            ? $"{command.Name} takes flags only."
            : $"{command.Name} takes {string.Join(" ", arguments)}.";
    }

    private static string PathOf(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = result; at is not null; at = at.Parent)
            if (at is CommandResult { Command: { } command }) names.Push(command is RootCommand ? "espalier" : command.Name);
        return string.Join(' ', names);
    }

    private static IEnumerable<Option> OptionsOf(CommandResult result)
    {
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is not CommandResult { Command: { } command }) continue;
            foreach (var option in command.Options)
                if (at == result || option.Recursive) yield return option;
        }
    }
}
