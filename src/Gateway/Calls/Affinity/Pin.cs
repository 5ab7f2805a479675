namespace Espalier.Gateway.Calls.Affinity;

/// <summary>A request that goes on from what one provider keeps, and can be answered by nobody else.</summary>
/// <param name="Key">The id of the key whose account keeps it; null when only the provider is known.</param>
internal sealed record Pin(string? Key);
