using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>A trace's line in lists, made from what it says as a whole.</summary>
public static class TraceSummaries
{
    public static TraceSummary Of(TraceFacts facts, IReadOnlyList<Feedback> feedback, double probability = 1) => new()
    {
        TraceId = facts.TraceId,
        Start = facts.Start,
        Duration = facts.Duration,
        Agent = facts.Agent,
        Agents = facts.Agents.Count == 0 ? null : [.. facts.Agents.Select(agent => agent.Name)],
        Version = facts.Version,
        Purpose = facts.Purpose,
        Conversation = facts.Conversation,
        User = facts.User,
        Session = facts.Session,
        Service = facts.Service,
        Environment = facts.Environment,
        Prompt = facts.Prompt,
        Input = facts.Input,
        Output = facts.Output,
        Error = facts.Error,
        Incomplete = facts.IsIncomplete ? true : null,
        Cost = CostOf(facts.UnpricedCalls, facts.KnownCost),
        UnpricedCalls = facts.UnpricedCalls,
        Spans = facts.Spans,
        ModelCalls = facts.ModelCalls.Count + facts.EmbeddingCalls.Count,
        Attempts = facts.Attempts,
        Models = NullWhenEmpty(ModelsOf(facts)),
        Tools = NullWhenEmpty(ToolsOf(facts)),
        Usage = facts.Usage,
        Probability = probability < 1 ? probability : null,
        Feedback = feedback,
    };

    /// <summary>A sum that leaves calls out would look like a cost; one of no calls is nothing.</summary>
    public static Usd? CostOf(int unpricedCalls, Usd? known) => unpricedCalls > 0 ? null : known ?? Usd.Zero;

    public static IReadOnlyList<string> ModelsOf(TraceFacts facts) =>
        [.. facts.ModelCalls.Concat(facts.EmbeddingCalls).Select(ModelOf).OfType<string>().Distinct(StringComparer.Ordinal)];

    public static IReadOnlyList<string> ToolsOf(TraceFacts facts) => [.. facts.ToolCalls.Select(call => call.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>The model that answered, else the one that was asked.</summary>
    public static string? ModelOf(ModelCall call) => call.Model ?? call.ModelRequested;

    private static IReadOnlyList<string>? NullWhenEmpty(IReadOnlyList<string> items) => items.Count == 0 ? null : items;
}
