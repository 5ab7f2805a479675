using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Judges;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies.Routes;

/// <summary>What a route's reader may look at beside its own lines.</summary>
/// <param name="Models">Who serves which model.</param>
/// <param name="Files">All files of the version: schemas and prompts lie among them.</param>
/// <param name="Path">Where the route stands: <c>routes.triage</c>. Names its decisions in traces.</param>
/// <param name="Depth">How many routes it lies in.</param>
internal sealed record RouteScope(ModelCatalog Models, IReadOnlyDictionary<string, byte[]> Files, string Path, int Depth)
{
    private const int MostDepth = 4;

    public RouteScope Inside(StrictYaml yaml, string name) => Depth < MostDepth
        ? this with { Path = $"{Path}.{name}", Depth = Depth + 1 }
        : throw yaml.Bad(yaml.Keys.First(), $"lies {MostDepth} routes deep", "Route in fewer steps.");

    public string ReadModel(StrictYaml yaml) => ModelSlots.ReadModel(yaml, Models);

    /// <summary>The checks under the key <c>check</c>; none when it is not there.</summary>
    public IReadOnlyList<IReplyCheck> ReadChecks(StrictYaml yaml) => ReplyChecks.Read(yaml, Files);

    /// <summary>The judge under the key <c>judge</c>; null when it is not there.</summary>
    public ModelJudge? ReadJudge(StrictYaml yaml) => ModelJudge.Read(yaml, Models, Files);
}
