namespace Espalier.Gateway.Policies.Models;

/// <summary>A named place for a model in an agent: the agent asks for the slot, the version decides what answers.</summary>
/// <param name="Model">The model that answers.</param>
/// <param name="Parameters">Members of the request that the slot sets, as JSON.</param>
/// <param name="MaxTokens">The limit of output among them, null when it sets none.</param>
internal sealed record ModelSlot(string Model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Parameters, long? MaxTokens);
