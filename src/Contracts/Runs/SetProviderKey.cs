namespace Espalier.Contracts.Runs;

/// <summary>A provider's key, to be kept encrypted.</summary>
/// <param name="Key">The key as the provider gave it.</param>
public sealed record SetProviderKey(string Key);
