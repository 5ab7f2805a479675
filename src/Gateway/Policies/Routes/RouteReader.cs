using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Routes.BestOfN;
using Espalier.Gateway.Policies.Routes.Cascade;
using Espalier.Gateway.Policies.Routes.Direct;
using Espalier.Gateway.Policies.Routes.Rules;
using Espalier.Gateway.Policies.Routes.Weights;

namespace Espalier.Gateway.Policies.Routes;

/// <summary>Reads a route: a mapping with the key of exactly one kind, and what that kind wants beside it.</summary>
internal static class RouteReader
{
    private static readonly Dictionary<string, Func<StrictYaml, RouteScope, IRoutePolicy>> Kinds = new()
    {
        [DirectRoute.Key] = (yaml, scope) => new DirectRoute(scope.ReadModel(yaml)),
        [CascadeRoute.Key] = CascadeRoute.Read,
        [WeightsRoute.Key] = WeightsRoute.Read,
        [RulesRoute.Key] = RulesRoute.Read,
        [BestOfNRoute.Key] = BestOfNRoute.Read,
    };

    /// <summary>The keys of all kinds.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The route that the whole mapping is. Unknown keys are refused.</summary>
    public static IRoutePolicy Read(StrictYaml yaml, RouteScope scope)
    {
        var route = ReadPart(yaml, scope);
        yaml.Finish();
        return route;
    }

    /// <summary>The route in a mapping that holds other keys too, which the caller reads and finishes.</summary>
    public static IRoutePolicy ReadPart(StrictYaml yaml, RouteScope scope)
    {
        var known = Kinds.Keys.Where(yaml.Has).ToList();
        if (known.Count == 1) return Kinds[known[0]](yaml, scope);
        if (known.Count > 1) throw yaml.Bad(known[1], $"stands beside '{known[0]}'", "A route is of one kind: keep one of them.");
        // A misspelt kind is told as an unknown key, with the nearest.
        foreach (var kind in Kinds.Keys) _ = yaml.Has(kind);
        var first = yaml.Keys.FirstOrDefault() ?? DirectRoute.Key;
        throw yaml.Bad(first, "is no route", $"Write one of {string.Join(", ", Kinds.Keys)}, as in 'model: gpt-4.1-mini'.");
    }
}
