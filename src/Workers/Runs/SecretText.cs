using Espalier.Contracts.Runs;

namespace Espalier.Workers.Runs;

/// <summary>Takes the secrets that an agent was given out of what it said: an outcome is stored, shown and judged.</summary>
internal static class SecretText
{
    // Shorter ones are no secrets, and would be found in every text.
    private const int Shortest = 8;

    public static Outcome Remove(Outcome outcome, IReadOnlyDictionary<string, string> secrets) => secrets.Count == 0 ? outcome : outcome switch
    {
        Outcome.Completed completed => new Outcome.Completed(Remove(completed.Output, secrets)),
        Outcome.TimedOut late => late with { Stderr = late.Stderr is { } words ? Remove(words, secrets) : null },
        Outcome.Failed failed => new Outcome.Failed(failed.At, Remove(failed.Reason, secrets), Remove(failed.Stderr, secrets)),
        _ => outcome,
    };

    public static string Remove(string text, IReadOnlyDictionary<string, string> secrets) => secrets
        .Where(secret => secret.Value.Length >= Shortest)
        .Aggregate(text, (rest, secret) => rest.Replace(secret.Value, $"[secret {secret.Key}]", StringComparison.Ordinal));
}
