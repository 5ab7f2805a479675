using Espalier.Contracts.Shared;

namespace Espalier.Cli.Output;

/// <summary>Money as a flag's value.</summary>
internal static class Money
{
    public static Usd Read(string? text, string flag)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw CliError.Usage($"{flag} is empty.", "Quote it: the shell ate $50.", $"Write {flag} 50usd");
        return Usd.TryParse(text, out var amount) && amount > Usd.Zero
            ? amount
            : throw CliError.Usage($"{flag} is \"{text}\".", "Money is an amount of dollars above zero.", $"Write {flag} 0.50usd");
    }
}
