using System.CommandLine;

namespace Espalier.Cli.Agents;

/// <summary>Flags that many commands share, so that they mean and say the same everywhere.</summary>
internal static class Flags
{
    public static Option<string?> Agent() => new("--agent") { Description = "The agent (else the one whose folder this is, or the only one)", HelpName = "NAME" };

    public static Option<string?> Output() => new("--output", "-o") { Description = "Write to a file instead", HelpName = "FILE" };

    public static Option<int> Limit(int usual) => new("--limit") { Description = "Most rows", HelpName = "N", DefaultValueFactory = _ => usual };

    public static Option<string?> Budget() => new("--budget") { Description = "What it may spend, such as 2usd", HelpName = "MONEY" };

    public static Option<long> Seed() => new("--seed") { Description = "Equal seeds give equal results", HelpName = "N", DefaultValueFactory = _ => 1 };
}
