using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies.Routes.Cascade;

/// <summary>From cheap to dear: <c>cascade: [ { model: local/word-nn, below: 0.35 }, { model: local/char-nn } ]</c>.</summary>
internal sealed record CascadeRoute(IReadOnlyList<RouteStep> Steps) : IRoutePolicy
{
    private const int MostSteps = 5;

    public string Name => "cascade";

    public static CascadeRoute Read(StrictYaml yaml, ModelCatalog models)
    {
        var steps = yaml.Mappings("cascade") ?? [];
        if (steps.Count is < 2 or > MostSteps)
        {
            throw yaml.Bad(
                "cascade", $"has {steps.Count} steps", $"Write 2 to {MostSteps}, as in [{{ model: local/word-nn, below: 0.5 }}, {{ model: local/char-nn }}].");
        }

        return new CascadeRoute([.. steps.Select((step, i) => ReadStep(step, i == steps.Count - 1, models))]);
    }

    private static RouteStep ReadStep(StrictYaml yaml, bool last, ModelCatalog models)
    {
        var model = ModelSlots.ReadModel(yaml, models);
        var below = yaml.Number("below");
        yaml.Finish();
        if (last && below is not null) throw yaml.Bad("below", "is set on the last step, which has no next", "Leave it out there.");
        if (!last && below is null) throw yaml.Bad("below", "is missing", "Write the confidence under which the next model is asked, as in 'below: 0.5'.");
        if (below is <= 0 or > 1) throw yaml.Bad("below", $"is {below}", "Write a number above 0 and at most 1.");
        return new RouteStep(model, below);
    }
}
