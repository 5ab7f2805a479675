using System.Text;

namespace Espalier.Gateway.Policies.Models;

/// <summary>A named place for a model in an agent: the agent asks for the slot, the version decides what answers.</summary>
/// <param name="Model">The model that answers.</param>
/// <param name="Parameters">Members of the request that the slot sets, as JSON.</param>
/// <param name="MaxTokens">The limit of output among them, null when it sets none.</param>
internal sealed record ModelSlot(string Model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Parameters, long? MaxTokens)
{
    /// <summary>The slot with one more member; without a slot, one that sets nothing else.</summary>
    public static ModelSlot With(ModelSlot? slot, string name, string json) => new(
        slot?.Model ?? "", new Dictionary<string, ReadOnlyMemory<byte>>(slot?.Parameters ?? new Dictionary<string, ReadOnlyMemory<byte>>()) { [name] = Encoding.UTF8.GetBytes(json) }, slot?.MaxTokens);
}
