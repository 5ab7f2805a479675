using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Core.Runs;

/// <summary>Run tokens: the API key that a sandboxed agent sends, which tells the gateway whose call it is.</summary>
/// <remarks>A warm process keeps its token and is bound to one run after the other. A token that is bound to nothing is refused.</remarks>
public interface IRunTokens
{
    /// <summary>A fresh token, bound to nothing. Looks like <c>espr_...</c> (security design, section 4).</summary>
    string Issue();

    void Bind(string token, RunContext context);

    /// <summary>Ends the run and returns what the gateway measured since <see cref="Bind"/>. Waits for calls in flight to settle.</summary>
    Task<RunMeasure> UnbindAsync(string token, CancellationToken cancellationToken);

    void Revoke(string token);
}

/// <summary>Whose calls these are.</summary>
public sealed record RunContext
{
    public required string Agent { get; init; }

    /// <summary>Null when another system serves the agent and only calls models through the gateway.</summary>
    public required VersionId? Version { get; init; }

    public required TraceId TraceId { get; init; }

    /// <summary>The span that calls are part of: the agent's, or one of the caller's own trace. Null for a call that is a trace by itself.</summary>
    public required SpanId? ParentSpan { get; init; }

    public required Purpose Purpose { get; init; }

    /// <summary>The ledger line that pays.</summary>
    public required BudgetId Budget { get; init; }

    /// <summary>Most that this one run may spend.</summary>
    public required Usd RunLimit { get; init; }

    /// <summary>The models that may be called; an end of <c>*</c> stands for any end. Null is all.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>For models without a known price; null blocks them where there is a dollar limit.</summary>
    public UnknownPricePolicy? UnknownPrice { get; init; }

    /// <summary>True when no spans are to be written of its calls.</summary>
    public bool Untraced { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public CaseId? Case { get; init; }

    /// <summary>The group (conversation) that memory must not answer from: what is judged must not be looked up.</summary>
    public string? ExcludedGroup { get; init; }

    /// <summary>The tool servers that may be reached; null looks into the version's contract.</summary>
    public IReadOnlyList<ToolContract>? Tools { get; init; }

    /// <summary>The trace or case whose recorded answers of tools an evaluation replays; null when nothing was recorded.</summary>
    public string? Recorded { get; init; }
}

/// <summary>What the gateway saw of one run.</summary>
/// <param name="Usage">Calls, tokens and cost.</param>
/// <param name="Refusal">The first refusal by budget or policy, null when there was none.</param>
/// <param name="RefusedByBudget">True when that refusal was a budget's.</param>
/// <param name="RefusedLine">The ledger's line that refused; null when it was the run's own limit, or no budget.</param>
/// <param name="ProviderError">The first error of a provider that the agent was shown, null when there was none.</param>
public sealed record RunMeasure(RunUsage Usage, string? Refusal, bool RefusedByBudget, BudgetState? RefusedLine, string? ProviderError)
{
    /// <summary>What kept the gateway from keeping its books: a full disk, say. Null when nothing did. Such a run is no evidence at all.</summary>
    public StorageFault? Fault { get; init; }

    /// <summary>Calls of tools; null when there was none.</summary>
    public ToolUsage? Tools { get; init; }

    /// <summary>The first failure of a real tool server that the agent was shown, null when there was none.</summary>
    public string? ToolError { get; init; }
}
