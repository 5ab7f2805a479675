using Espalier.Contracts.Agents;
using Espalier.Contracts.Frontiers;

namespace Espalier.Core.Frontiers.Reports;

/// <summary>The versions of a session by parent, and what the reader should see of them first.</summary>
internal sealed class ReportTree
{
    /// <summary>Above this many versions, branches that came to nothing are folded on the map; the outline keeps them.</summary>
    private const int FoldAbove = 60;

    private readonly Dictionary<VersionId, List<ReportNode>> _children = [];
    private readonly Dictionary<VersionId, int> _order = [];
    private readonly HashSet<VersionId> _kept = [];

    public ReportTree(FrontierReport report)
    {
        Points = report.Points.GroupBy(p => p.Version).ToDictionary(g => g.Key, g => g.First());
        // A parent that does not come first is no parent of ours: so no order of nodes can make a circle.
        foreach (var node in report.Nodes)
        {
            if (!_order.TryAdd(node.Version, _order.Count)) continue;
            if (node.Parent is { } parent && _order.ContainsKey(parent) && parent != node.Version)
                (_children.TryGetValue(parent, out var list) ? list : _children[parent] = []).Add(node);
            else
                Roots.Add(node);
        }

        var parents = report.Nodes.DistinctBy(n => n.Version).ToDictionary(n => n.Version, n => n.Parent);
        foreach (var node in report.Nodes.Where(n => n.Status is NodeStatus.Baseline or NodeStatus.Shortlisted or NodeStatus.Frontier))
            for (VersionId? id = node.Version; id is { } kept && _kept.Add(kept) && parents.TryGetValue(kept, out id);) { }
        Folds = _order.Count > FoldAbove;
    }

    public List<ReportNode> Roots { get; } = [];

    public Dictionary<VersionId, FrontierPoint> Points { get; }

    public int Count => _order.Count;

    /// <summary>Whether the map leaves something out.</summary>
    public bool Folds { get; }

    public IReadOnlyList<ReportNode> ChildrenOf(ReportNode node) => _children.GetValueOrDefault(node.Version) ?? [];

    /// <summary>True when the map shows it: everything in a small tree, else what leads to a shortlisted version.</summary>
    public bool IsOnMap(ReportNode node) => !Folds || _kept.Contains(node.Version);

    /// <summary>Versions in a folded branch, itself included.</summary>
    public int Size(ReportNode node) => 1 + ChildrenOf(node).Sum(Size);

    /// <summary>The element id of a version's section: made of hexadecimal digits, or of its place in the list when it is not a SHA.</summary>
    public string Anchor(VersionId version) =>
        version.Value.Length >= 7 && version.Value.All(char.IsAsciiHexDigit) ? $"v-{FrontierWords.ShortId(version)}-{_order.GetValueOrDefault(version)}" : $"v-{_order.GetValueOrDefault(version)}";

    /// <summary>True when some frontier version descends from it or is it.</summary>
    public bool LeadsToFrontier(ReportNode node) =>
        node.Status == NodeStatus.Frontier || ChildrenOf(node).Any(LeadsToFrontier);

    public static string Word(NodeStatus status) => status switch
    {
        NodeStatus.Baseline => "Baseline",
        NodeStatus.Active => "Not shortlisted",
        NodeStatus.Pruned => "Pruned",
        NodeStatus.Dominated => "Dominated",
        NodeStatus.Shortlisted => "Confirmed, dominated",
        NodeStatus.Frontier => "On the frontier",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    public static string Class(NodeStatus status) => "s-" + status.ToString().ToLowerInvariant();
}
