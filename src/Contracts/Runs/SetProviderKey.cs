namespace Espalier.Contracts.Runs;

/// <summary>A provider's key, to be kept encrypted.</summary>
/// <param name="Key">The key as the provider gave it.</param>
/// <param name="PreviousUntil">Until when the key before it may stand in for it; left out, that one ends now.</param>
public sealed record SetProviderKey(string Key, DateTimeOffset? PreviousUntil = null);
