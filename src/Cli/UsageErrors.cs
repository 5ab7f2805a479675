using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Espalier.Cli.Output;

namespace Espalier.Cli;

/// <summary>What was wrong with the arguments, with the nearest names that exist.</summary>
internal static class UsageErrors
{
    /// <summary>Null when the arguments can be used.</summary>
    public static CliError? Find(ParseResult parse, string[] args)
    {
        if (parse.Action is HelpAction) return null;
        if (UnknownFlag(parse, args) is { } flag)
        {
            var known = OptionsOf(parse.CommandResult).Select(option => option.Name);
            return CliError.Usage($"{PathOf(parse.CommandResult)} has no flag {flag}.", $"The nearest are {List(flag, known)}.", $"See `{PathOf(parse.CommandResult)} --help`.");
        }

        if (parse.Errors.Count == 0) return null;
        return parse.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } noun && parse.UnmatchedTokens.Count == 0
            ? Incomplete(noun, parse)
            : Explain(parse);
    }

    /// <summary>An unknown flag would be taken for the value of an optional argument.</summary>
    private static string? UnknownFlag(ParseResult parse, string[] args)
    {
        if (args.Contains("--")) return null;
        var taken = parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens).Select(token => token.Value);
        return parse.UnmatchedTokens.Concat(taken).FirstOrDefault(token => token.Length > 1 && token[0] == '-' && !char.IsAsciiDigit(token[1]));
    }

    private static CliError Explain(ParseResult parse)
    {
        var path = PathOf(parse.CommandResult);
        var command = parse.CommandResult.Command;
        var help = $"See `{path} --help`.";
        if (parse.UnmatchedTokens is [var unknown, ..])
        {
            if (command.Subcommands.Count > 0)
            {
                var names = command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name).ToArray();
                return CliError.Usage($"{path} has no command \"{unknown}\".", $"The nearest are {List(unknown, names)}.", $"Try `{path} {Nearest.Of(unknown, names, 1)[0]}`, or `{path} --help` for all.");
            }

            return CliError.Usage($"\"{unknown}\" is one argument too many for {path}.", Usage(command), help);
        }

        var error = parse.Errors[0];
        return CliError.Usage(Words(error.Message), Usage(command), help);
    }

    private static CliError Incomplete(Command noun, ParseResult parse)
    {
        var path = PathOf(parse.CommandResult);
        var names = noun.Subcommands.Where(child => !child.Hidden).Select(child => child.Name).ToArray();
        return CliError.Usage($"{path} needs a command.", $"It has {string.Join(", ", names)}.", $"Try `{path} {names.FirstOrDefault()}`, or `{path} --help`.");
    }

    // The parser speaks of .NET types; people do not.
    private static string Words(string message) => message.TrimEnd('.')
        .Replace("as expected type 'System.Int64'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Int32'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Double'", "as a number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Boolean'", "as yes or no", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int32]'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Int64]'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Nullable`1[System.Double]'", "as a number", StringComparison.Ordinal) + ".";

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
