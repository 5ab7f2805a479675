using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Core.Shared;

namespace Espalier.Core.Runs;

/// <summary>Names a run by everything that decides its result, so that nothing is paid for twice.</summary>
/// <remarks>Model pins, routes and the memory's source are files of the tree, so the tree's hash covers them.</remarks>
public static class RunKeys
{
    public static RunKey Of(TreeId tree, CaseId caseId, int replicate, string priceTable, string? recorded = null) => new("run_" + (recorded is null
        ? ContentHash.Of(32, tree.Value, caseId.Value, $"{replicate}", priceTable)
        : ContentHash.Of(32, tree.Value, caseId.Value, $"{replicate}", priceTable, recorded)));
}
