using System.CommandLine;
using Espalier.Cli.Output;

namespace Espalier.Cli.Agents;

/// <summary><c>init</c>: writes the contract of the agent in this folder; guesses, asks, or takes flags.</summary>
internal static class InitCommand
{
    // Width of a value in front of the comments that the template lines up.
    private const int CommentColumn = 26;

    public static Command Create(Shell shell)
    {
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "The agent's name (else the folder's)" };
        var command = new Option<string?>("--command") { HelpName = "COMMAND", Description = "How it is started (else found: Python or Node)" };
        var protocol = new Option<string?>("--protocol") { HelpName = "stdio|jsonl", Description = "How a request reaches it (stdio)" };
        var expected = new Option<string?>("--expected") { HelpName = "exact|normalised|contains", Description = "Judge by comparison with the right answer (normalised)" };
        var verifier = new Option<string?>("--verifier") { HelpName = "COMMAND", Description = "Judge by a command's exit code instead" };
        var rubric = new Option<string?>("--rubric") { HelpName = "FILE", Description = "Judge by a rubric instead" };
        var budget = new Option<string>("--budget") { HelpName = "MONEY", Description = "What one search may spend", DefaultValueFactory = _ => "5usd" };
        var force = new Option<bool>("--force") { Description = "Write over an espalier.yaml that is there" };
        return shell.Verb(
            "init",
            "Writes espalier.yaml for the agent in this folder (asks; or flags)",
            async (invocation, parse, cancellationToken) =>
            {
                var target = Path.Combine(invocation.Folder, "espalier.yaml");
                if (File.Exists(target) && !parse.GetValue(force))
                    throw CliError.Usage($"{target} is there already.", "init would write over it.", "Edit it, or add --force.");
                var entry = AgentEntry.Detect(invocation.Folder);
                var agent = Agent(parse.GetValue(name), invocation);
                var run = parse.GetValue(command) ?? Command(invocation, entry);
                var how = OneOf(parse.GetValue(protocol) ?? "stdio", "--protocol", "stdio", "jsonl");
                var judge = Judge(parse.GetValue(expected), parse.GetValue(verifier), parse.GetValue(rubric));
                var money = Money.Read(parse.GetValue(budget), "--budget");
                var text = Resource.Read("espalier.template.yaml")
                    .Replace("{{agent}}", agent, StringComparison.Ordinal)
                    .Replace("{{command}}", Scalar(run), StringComparison.Ordinal)
                    .Replace("{{protocol}}", how.PadRight(CommentColumn), StringComparison.Ordinal)
                    .Replace("{{prompt}}", entry.Prompt, StringComparison.Ordinal)
                    .Replace("{{code}}", entry.Code, StringComparison.Ordinal)
                    .Replace("{{judge}}", judge, StringComparison.Ordinal)
                    .Replace("{{budget}}", $"{money.ToDollars():0.##}usd", StringComparison.Ordinal);
                await Files.WriteAsync(invocation, target, text, cancellationToken);
                invocation.Next("espalier doctor");
                return ExitCodes.Done;
            },
            name,
            command,
            protocol,
            expected,
            verifier,
            rubric,
            budget,
            force);
    }

    private static string Agent(string? named, Invocation invocation)
    {
        var agent = named ?? Slug(Path.GetFileName(Path.TrimEndingDirectorySeparator(invocation.Folder)));
        if (named is null && invocation.MayAsk && !invocation.Yes) agent = invocation.Ask("Name of the agent?", agent, "--name NAME");
        return agent.Length is > 0 and <= 64 && Slug(agent) == agent
            ? agent
            : throw CliError.Usage($"\"{agent}\" is not a name.", "Names are 1 to 64 lower-case letters, digits and dashes.", $"Try --name {(Slug(agent) is { Length: > 0 } slug ? slug : "my-agent")}");
    }

    private static string Command(Invocation invocation, AgentEntry entry)
    {
        if (entry.Command is { } found)
            return invocation.MayAsk && !invocation.Yes ? invocation.Ask("Command that starts it?", found, "--command") : found;
        if (!invocation.MayAsk)
            throw CliError.Usage("How is the agent started?", "No agent.py, main.py, app.py, package.json or index.js is here.", "Add --command \"python3 my_agent.py\"");
        return invocation.Ask("Command that starts it?", "python3 agent.py", "--command");
    }

    private static string Judge(string? expected, string? verifier, string? rubric) =>
        verifier is not null ? $"verifier: {Scalar(verifier)}"
        : rubric is not null ? $"rubric: {Scalar(rubric)}"
        : $"expected: {OneOf(expected ?? "normalised", "--expected", "exact", "normalised", "contains"),-CommentColumn}# compare with the case's reference: exact | normalised | contains; or verifier: COMMAND";

    private static string OneOf(string value, string flag, params string[] known) => known.Contains(value)
        ? value
        : throw CliError.Usage($"{flag} is \"{value}\".", $"It is one of {string.Join(", ", known)}.", $"Write {flag} {Nearest.Of(value, known, 1)[0]}");

    // A plain scalar where YAML allows one, else quoted.
    private static string Scalar(string text) =>
        text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '.' or '/' or '_' or '-' or '=') && char.IsAsciiLetterOrDigit(text[0])
            ? text
            : "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Slug(string text) =>
        string.Join('-', new string([.. text.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
