using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Core.Datasets;

/// <summary>Chooses traces that become cases, for one purpose.</summary>
public interface ICurator
{
    /// <summary>The word in requests: <c>traffic</c>, <c>errors</c>.</summary>
    string Name { get; }

    /// <summary>At most <paramref name="size"/> of the traces, with the probability that each had to be chosen (null: chosen on purpose).</summary>
    IReadOnlyList<Chosen> Choose(IReadOnlyList<LabelledTrace> traces, int size, Seed seed);
}

/// <summary>A trace with what is known about its right answer.</summary>
/// <param name="Trace">The trace.</param>
/// <param name="Reference">The outcome that the system of record told; null when none came.</param>
/// <param name="Failed">True when the run ended in an error, the answer was not the outcome, or a person was dissatisfied.</param>
public sealed record LabelledTrace(TraceSummary Trace, string? Reference, bool Failed);

public sealed record Chosen(LabelledTrace Trace, double? Probability);
