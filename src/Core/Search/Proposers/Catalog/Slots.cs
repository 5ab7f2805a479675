using Espalier.Core.Agents;
using Espalier.Core.Runs;

namespace Espalier.Core.Search.Proposers.Catalog;

/// <summary>The model slots of a version and the models behind them.</summary>
internal static class Slots
{
    /// <summary>Slot name and model, in the file's order; empty when the agent has no slots.</summary>
    public static IReadOnlyList<(string Name, string Model)> Of(ProposalContext context) => ModelSlots.Read(context.Contract, context.Files);

    public static PricedModel? Find(ProposalContext context, string model) => context.Models.FirstOrDefault(priced => priced.Name == model);

    /// <summary>Change of log cost when another model answers the same tokens; input dominates in these agents.</summary>
    public static double LogPriceRatio(PricedModel? from, PricedModel? to) =>
        from is { InputUsdPerMillion: > 0 } && to is { InputUsdPerMillion: > 0 }
            ? Math.Log((double)(to.InputUsdPerMillion / from.InputUsdPerMillion))
            : 0;

    /// <summary>Change of log cost when a call grows by tokens.</summary>
    public static double LogGrowth(ProposalContext context, double tokens) =>
        Math.Log(Math.Max(0.05, (context.InputTokens + tokens) / context.InputTokens));

    /// <summary>Estimated tokens of one labelled example: 4 bytes a token, and the JSON around it.</summary>
    public static double ExampleTokens(ProposalContext context) =>
        context.Material.Count == 0 ? 0 : context.Material.Average(one => (one.Input.Length + (one.Reference?.Length ?? 0) + 28) / 4.0);
}
