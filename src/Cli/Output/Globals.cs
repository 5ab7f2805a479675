using System.CommandLine;

namespace Espalier.Cli.Output;

/// <summary>The flags that every command takes, with one meaning each.</summary>
internal sealed class Globals
{
    /// <summary>What a bare <c>--json</c> is turned into before parsing, so that it never swallows the argument after it.</summary>
    public const string AllFields = "*";

    public Option<string?> Server { get; } = Add<string?>("--server", "URL", "The server to talk to (else ESPALIER_URL, the nearest .espalier, or one is started)");

    public Option<string?> Key { get; } = Add<string?>("--key", "KEY", "The server's key; better in ESPALIER_KEY: process lists show arguments");

    public Option<string?> Json { get; } = Add<string?>("--json", "FIELDS", "One JSON document on standard output; --json=id,state selects fields");

    public Option<bool> Quiet { get; } = Add<bool>("--quiet", null, "Only the answer and errors", "-q");

    public Option<bool> Verbose { get; } = Add<bool>("--verbose", null, "Say more; stack traces with errors", "-v");

    public Option<bool> Yes { get; } = Add<bool>("--yes", null, "Take every question as answered with yes", "-y");

    public Option<bool> NoInput { get; } = Add<bool>("--no-input", null, "Never ask; refuse and name the flag instead");

    public Option<bool> NoColor { get; } = Add<bool>("--no-color", null, "No colours (also NO_COLOR)");

    public Option<bool> Plain { get; } = Add<bool>("--plain", null, "ASCII only, no frames");

    public Option<string?> Folder { get; } = Add<string?>("-C", "DIR", "Work as if started in DIR");

    public IReadOnlyList<Option> All => [Server, Key, Json, Quiet, Verbose, Yes, NoInput, NoColor, Plain, Folder];

    private static Option<T> Add<T>(string name, string? helpName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName, Recursive = true };
}
