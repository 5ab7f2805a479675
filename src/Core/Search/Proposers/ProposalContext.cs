using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Core.Runs;

namespace Espalier.Core.Search.Proposers;

/// <summary>What a proposer may know: the parent, its files and evidence, and material that no candidate is evaluated on.</summary>
public sealed class ProposalContext
{
    private readonly Lazy<IReadOnlyList<string>> _labels;

    public ProposalContext() => _labels = new(FindLabels);

    public required SessionFold State { get; init; }

    public required Candidate Parent { get; init; }

    public required AgentContract Contract { get; init; }

    public required IReadOnlyDictionary<string, byte[]> Files { get; init; }

    /// <summary>Cases of the search split with references that are kept out of the evaluation.</summary>
    public required IReadOnlyList<Case> Material { get; init; }

    /// <summary>The cases that candidates are evaluated on, for reading their failures; never to be copied into an edit.</summary>
    public required IReadOnlyList<Case> EvaluationCases { get; init; }

    /// <summary>Models that the session may use, with prices.</summary>
    public required IReadOnlyList<PricedModel> Models { get; init; }

    /// <summary>The answers that the material uses, when they are few and come again (a set of labels); else empty.</summary>
    public IReadOnlyList<string> Labels => _labels.Value;

    /// <summary>Mean input tokens per request of the parent; at least 1.</summary>
    public double InputTokens => Math.Max(1, Parent.Search.Count == 0 ? 1 : Parent.Search.Values.Average(row => row.InputTokens));

    public string? FileText(string path) => Files.TryGetValue(path, out var bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : null;

    /// <summary>The file of an artifact that holds one kind of configuration: the pattern itself when it is a plain path.</summary>
    public string? ArtifactFile(string artifact) => ModelSlots.FileOf(Contract, artifact);

    /// <summary>The paths that an artifact owns in this version, in order.</summary>
    public IEnumerable<string> ArtifactFiles(string artifact) =>
        Files.Keys.Where(path => Contract.OwnerOf(path) == artifact).Order(StringComparer.Ordinal);

    private List<string> FindLabels()
    {
        var labels = Material.Select(one => one.Reference!).GroupBy(label => label).Select(group => (Label: group.Key, Count: group.Count())).ToList();
        // A label set: most answers come again. Free text answers are all different.
        return labels.Count > 1 && labels.Count(label => label.Count > 1) * 2 >= labels.Count && labels.All(label => label.Label.Length <= 80)
            ? [.. labels.Select(label => label.Label).Order(StringComparer.Ordinal)]
            : [];
    }
}
