namespace Espalier.Gateway.Policies.Routes;

/// <summary>Which models are asked for one slot.</summary>
internal interface IRoutePolicy
{
    /// <summary>The key in <c>router.yaml</c>.</summary>
    string Name { get; }

    /// <summary>At least one; the next is asked when an answer is less sure than its step wants.</summary>
    IReadOnlyList<RouteStep> Steps { get; }
}

/// <param name="Model">The model that is asked.</param>
/// <param name="Below">When the answer's confidence is lower, or is not known, the next step is asked; null on the last step.</param>
internal sealed record RouteStep(string Model, double? Below);
