using Espalier.Gateway.Policies.Memory;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Policies.Routes;

namespace Espalier.Gateway.Policies;

/// <summary>What a version's files make the gateway do. Immutable.</summary>
/// <param name="Slots">By slot name.</param>
/// <param name="Routes">By slot name.</param>
/// <param name="Memory">In the order in which they change the messages.</param>
internal sealed record VersionPolicies(
    IReadOnlyDictionary<string, ModelSlot> Slots, IReadOnlyDictionary<string, IRoutePolicy> Routes, IReadOnlyList<IMemoryPolicy> Memory)
{
    /// <summary>Of an agent whose files are not here.</summary>
    public static VersionPolicies None { get; } = new(new Dictionary<string, ModelSlot>(), new Dictionary<string, IRoutePolicy>(), []);

    /// <summary>The models to ask, in order, when an agent asks for a name: a slot or a model.</summary>
    public IReadOnlyList<RouteStep> Route(string requested)
    {
        if (Routes.TryGetValue(requested, out var route)) return route.Steps;
        return [new RouteStep(Slots.TryGetValue(requested, out var slot) ? slot.Model : requested, null)];
    }
}
