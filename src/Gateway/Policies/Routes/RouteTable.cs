namespace Espalier.Gateway.Policies.Routes;

/// <summary>What <c>router.yaml</c> says: which route is for which call.</summary>
/// <param name="BySlot">By the model or slot that is asked for.</param>
/// <param name="BySite">By name of the call site; these come first.</param>
/// <param name="Other">For what neither names; null when that goes to the model that it asks for.</param>
internal sealed record RouteTable(IReadOnlyDictionary<string, IRoutePolicy> BySlot, IReadOnlyDictionary<string, IRoutePolicy> BySite, IRoutePolicy? Other)
{
    public static RouteTable None { get; } = new(new Dictionary<string, IRoutePolicy>(), new Dictionary<string, IRoutePolicy>(), null);

    /// <summary>Null when the table says nothing about such calls. The call site is found only when a route may depend on it.</summary>
    public IRoutePolicy? Find(string requested, Func<string>? site)
    {
        if (BySite.Count > 0 && site is not null && BySite.TryGetValue(site(), out var bySite)) return bySite;
        return BySlot.GetValueOrDefault(requested) ?? Other;
    }
}
