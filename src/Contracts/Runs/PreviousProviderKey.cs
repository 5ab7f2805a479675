namespace Espalier.Contracts.Runs;

/// <summary>A provider's key that was replaced and still serves for a time.</summary>
/// <param name="Last4">Its end.</param>
/// <param name="Until">When it is used no more.</param>
public sealed record PreviousProviderKey(string Last4, DateTimeOffset Until);
