using Espalier.Contracts.Agents;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Policies.Memory;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Policies.Routes;
using Espalier.Gateway.Policies.Routes.Direct;

namespace Espalier.Gateway.Policies;

/// <summary>What a version's files make the gateway do. Immutable.</summary>
/// <param name="Slots">By slot name.</param>
/// <param name="Routes">Which models answer which calls.</param>
/// <param name="Memory">In the order in which they change the messages.</param>
internal sealed record VersionPolicies(IReadOnlyDictionary<string, ModelSlot> Slots, RouteTable Routes, IReadOnlyList<IMemoryPolicy> Memory)
{
    /// <summary>Who is asked when a model fails, by slot or model name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Fallback>> Fallbacks { get; init; } = new Dictionary<string, IReadOnlyList<Fallback>>();

    /// <summary>In the file's order.</summary>
    public IReadOnlyList<Guard> Guards { get; init; } = [];

    /// <summary>What is asked of providers beside the answer, by the contract.</summary>
    public CaptureContract Capture { get; init; } = new();

    /// <summary>Models and slots whose equal requests are answered from the cache.</summary>
    public IReadOnlySet<string> Cached { get; init; } = new HashSet<string>();

    /// <summary>Of an agent whose files are not here.</summary>
    public static VersionPolicies None { get; } = new(new Dictionary<string, ModelSlot>(), RouteTable.None, []);

    /// <summary>What is done when an agent asks for a name: a slot or a model.</summary>
    /// <param name="requested">The name.</param>
    /// <param name="site">Finds the name of the call site; null where there is none.</param>
    public IRoutePolicy Route(string requested, Func<string>? site) =>
        Routes.Find(requested, site) ?? new DirectRoute(Slots.TryGetValue(requested, out var slot) ? slot.Model : requested);
}
