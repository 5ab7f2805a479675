namespace Espalier.Contracts.Runs;

/// <summary>That a provider's key is kept, and which; never the key.</summary>
public sealed record ProviderKey
{
    /// <summary><c>openai</c>, <c>anthropic</c>, <c>gemini</c>, <c>azure</c>, or the name of a compatible server.</summary>
    public required string Provider { get; init; }

    public required string Last4 { get; init; }

    public required DateTimeOffset Set { get; init; }

    /// <summary>Keys before this one that still stand in for it when it does not work; empty when there is none.</summary>
    public IReadOnlyList<PreviousProviderKey> Previous { get; init; } = [];
}
