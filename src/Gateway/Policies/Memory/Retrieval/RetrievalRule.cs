using Espalier.Contracts.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies.Memory.Retrieval;

/// <summary>Which past cases are shown, how, and where.</summary>
internal sealed record RetrievalRule
{
    private const int MostExamples = 64;
    private const string RevisionPrefix = "rev_";

    public required RevisionId Source { get; init; }

    public required int Count { get; init; }

    public required double MinSimilarity { get; init; }

    public required string? Slot { get; init; }

    /// <summary>Whether the references alone are shown, as facts.</summary>
    public required bool AsFacts { get; init; }

    /// <summary>Curators of which one chose the case; null for all.</summary>
    public required IReadOnlyList<string>? Sources { get; init; }

    /// <summary>References that may be shown; null for all.</summary>
    public required IReadOnlyList<string>? References { get; init; }

    /// <summary>Older cases are left out; null for none. A case without a time is never too old.</summary>
    public required TimeSpan? MostAge { get; init; }

    /// <summary>Most tokens that they take, a token for four bytes; null for no limit.</summary>
    public required int? MostTokens { get; init; }

    /// <summary>Whether they stand before the last user message; else behind the instructions.</summary>
    public required bool InLastMessage { get; init; }

    /// <param name="yaml">The mapping.</param>
    /// <param name="cached">Whether what changes from call to call stands last unless the file says otherwise.</param>
    public static RetrievalRule Read(StrictYaml yaml, bool cached)
    {
        var source = yaml.RequiredText("source", "rev_...");
        if (!source.StartsWith(RevisionPrefix, StringComparison.Ordinal))
            throw yaml.Bad("source", $"is '{source}'", $"Write the id of a dataset revision, which begins with {RevisionPrefix}.");
        var least = yaml.Number("min_similarity") ?? 0;
        if (least is < 0 or > 1) throw yaml.Bad("min_similarity", $"is {least}", "Write a number from 0 to 1.");
        return new RetrievalRule
        {
            Source = new RevisionId(source),
            Count = yaml.WholeNumber("k", 1, MostExamples) ?? 8,
            MinSimilarity = least,
            Slot = yaml.Text("slot"),
            AsFacts = Word(yaml, "show", "examples", "facts") == "facts",
            Sources = yaml.Texts("sources"),
            References = yaml.Texts("references"),
            MostAge = Age(yaml),
            MostTokens = yaml.WholeNumber("max_tokens", 10, 1_000_000),
            InLastMessage = Word(yaml, "place", cached ? "last_message" : "instructions", cached ? "instructions" : "last_message") == "last_message",
        };
    }

    public bool Allows(Case one, DateTimeOffset? oldest) =>
        (Sources is null || one.Sources.Any(Sources.Contains))
        && (References is null || References.Contains(one.Reference!))
        && (oldest is null || one.At is null || one.At >= oldest);

    private static string Word(StrictYaml yaml, string key, string usual, string other)
    {
        var word = yaml.Text(key) ?? usual;
        return word == usual || word == other ? word : throw yaml.Bad(key, $"is '{word}'", $"Write {usual} or {other}.");
    }

    private static TimeSpan? Age(StrictYaml yaml)
    {
        if (yaml.Text("max_age") is not { } text) return null;
        return Durations.TryParse(text, out var age) && age >= TimeSpan.FromHours(1) ? age : throw yaml.Bad("max_age", $"is '{text}'", "Write how old a case may be, from 1h to 3650d, such as 90d.");
    }
}
