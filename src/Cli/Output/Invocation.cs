using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Espalier.Cli.Output;

/// <summary>One call of one command: its flags and where its words go. Standard output carries the answer, standard error everything else.</summary>
internal sealed class Invocation
{
    private readonly string? _json;
    private readonly string _where;

    public Invocation(Terminal terminal, Globals globals, ParseResult parse)
    {
        Terminal = terminal;
        _json = parse.GetValue(globals.Json);
        Quiet = parse.GetValue(globals.Quiet);
        Verbose = parse.GetValue(globals.Verbose);
        Yes = parse.GetValue(globals.Yes);
        Server = parse.GetValue(globals.Server);
        Key = parse.GetValue(globals.Key);
        Plain = parse.GetValue(globals.Plain) || !SpeaksUtf8(terminal);
        NoColor = parse.GetValue(globals.NoColor) || terminal.Variable("NO_COLOR") is { Length: > 0 };
        MayAsk = terminal is { InIsTerminal: true, ErrIsTerminal: true } && terminal.Variable("CI") is null or "" && !parse.GetValue(globals.NoInput);
        var folder = parse.GetValue(globals.Folder);
        _where = folder is null ? "" : $" -C {(folder.Contains(' ') ? $"\"{folder}\"" : folder)}";
        Folder = Path.GetFullPath(folder ?? ".", terminal.Directory);
        if (!Directory.Exists(Folder))
            throw CliError.Usage($"There is no folder {Folder}.", "-C names the folder to work in.", "Create it, or correct -C.");
        Out = Consoles.Create(terminal.Out, terminal.OutIsTerminal, this);
        Err = Consoles.Create(terminal.Err, terminal.ErrIsTerminal, this);
    }

    public Terminal Terminal { get; }

    public IAnsiConsole Out { get; }

    public IAnsiConsole Err { get; }

    public bool Json => _json is not null;

    public bool Quiet { get; }

    public bool Verbose { get; }

    public bool Yes { get; }

    public bool Plain { get; }

    public bool NoColor { get; }

    /// <summary>True when a person can answer a question.</summary>
    public bool MayAsk { get; }

    public string? Server { get; }

    public string? Key { get; }

    /// <summary>The folder to work in, absolute.</summary>
    public string Folder { get; }

    /// <summary>A path as the user means it: relative to <see cref="Folder"/>.</summary>
    public string PathOf(string path) => Path.GetFullPath(path, Folder);

    /// <summary>The answer: one JSON document, or what <paramref name="render"/> writes.</summary>
    public void Answer<T>(T value, JsonTypeInfo<T> type, Action render)
    {
        if (Json) WriteJson(JsonSerializer.SerializeToNode(value, type));
        else render();
    }

    public void WriteJson(JsonNode? node)
    {
        if (_json is { } fields && fields != Globals.AllFields && node is not null) node = JsonFields.Select(node, fields);
        Terminal.Out.WriteLine(JsonText.Of(node));
    }

    /// <summary>A line of the answer for people, without control characters of others.</summary>
    public void Line(string text = "") => Terminal.Out.WriteLine(Text.Clean(text));

    /// <summary>A word beside the answer; silent with <c>--quiet</c>.</summary>
    public void Say(string text)
    {
        if (!Quiet) Terminal.Err.WriteLine(Text.Clean(text));
    }

    public void Warn(string text) => Terminal.Err.WriteLine($"warning: {Text.Clean(text)}");

    /// <summary>Suggests the next command, to a person only.</summary>
    public void Next(string command)
    {
        if (Terminal.ErrIsTerminal && !Quiet && !Json) Terminal.Err.WriteLine($"next: {Again(command)}");
    }

    /// <summary>A command to type as it works from where the user stands: with the <c>-C</c> that this one had.</summary>
    public string Again(string command) => command + _where;

    /// <summary>Asks a person; refuses and names the flag when there is none.</summary>
    public bool Confirm(string question, string flag)
    {
        if (Yes) return true;
        if (!MayAsk)
            throw CliError.Usage("This needs a yes.", $"{question} Nobody can be asked here.", $"Add {flag}.");
        Terminal.Err.Write($"{Text.Clean(question)} [y/N] ");
        return Terminal.In.ReadLine()?.Trim() is { } answer && answer.StartsWith("y", StringComparison.OrdinalIgnoreCase);
    }

    public string Ask(string question, string proposal, string flag)
    {
        if (!MayAsk)
            throw CliError.Usage($"{question} is not known.", "Nobody can be asked here.", $"Add {flag}.");
        Terminal.Err.Write($"{question} [{Text.Clean(proposal)}] ");
        return Terminal.In.ReadLine()?.Trim() is { Length: > 0 } answer ? answer : proposal;
    }

    private static bool SpeaksUtf8(Terminal terminal)
    {
        var locale = terminal.Variable("LC_ALL") is { Length: > 0 } all ? all
            : terminal.Variable("LC_CTYPE") is { Length: > 0 } type ? type
            : terminal.Variable("LANG");
        return locale is not ("C" or "POSIX");
    }
}
