using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>The spans of one trace as a tree, each once, by start. Log records are merged into the spans that they belong to.</summary>
/// <remarks>Built from any order and any number of copies it is the same tree. Parents that are missing, that are the span itself or that
/// would close a ring count as none, and so does the parent of a span that lies deeper than any honest program nests: so whoever walks the
/// tree takes time in proportion to its spans, whatever was sent.</remarks>
internal sealed class SpanTree
{
    private const int MostDepth = 200;
    private const int LongWay = 8;

    private readonly Dictionary<SpanId, Span> _byId;
    private readonly Dictionary<SpanId, List<Span>> _children = [];
    private readonly HashSet<SpanId> _cut = [];

    public SpanTree(IReadOnlyCollection<Span> spans)
    {
        _byId = new Dictionary<SpanId, Span>(spans.Count);
        var hasEvents = false;
        foreach (var span in spans)
        {
            _byId[span.SpanId] = _byId.TryGetValue(span.SpanId, out var other) ? Fuller(other, span) : span;
            hasEvents |= span.Kind == SpanKind.Event;
        }

        var each = new List<Span>(_byId.Values);
        if (hasEvents)
        {
            each = MergeEvents(each);
            _byId = each.ToDictionary(span => span.SpanId);
        }

        each.Sort(InOrder);
        Spans = each;
        CutRingsAndDepths();
        foreach (var span in Spans)
            if (ParentOf(span) is { } parent) (_children.TryGetValue(parent.SpanId, out var list) ? list : _children[parent.SpanId] = []).Add(span);
    }

    /// <summary>By start; of those that start together the outer one first.</summary>
    public static IComparer<Span> InOrder { get; } = Comparer<Span>.Create((a, b) =>
        a.Start != b.Start ? a.Start.CompareTo(b.Start)
        : a.Duration != b.Duration ? b.Duration.CompareTo(a.Duration)
        : Depth(a.Kind) != Depth(b.Kind) ? Depth(a.Kind).CompareTo(Depth(b.Kind))
        : string.CompareOrdinal(a.SpanId.Value, b.SpanId.Value));

    public List<Span> Spans { get; }

    public Span? ParentOf(Span span) =>
        span.ParentId is { } id && !_cut.Contains(span.SpanId) ? _byId.GetValueOrDefault(id) : null;

    public IEnumerable<Span> AncestorsOf(Span span)
    {
        for (var at = ParentOf(span); at is not null; at = ParentOf(at)) yield return at;
    }

    public IReadOnlyList<Span> ChildrenOf(Span span) => _children.TryGetValue(span.SpanId, out var list) ? list : [];

    private bool IsLeaf(Span span) => !_children.ContainsKey(span.SpanId);

    /// <summary>All below, in no particular order.</summary>
    public IEnumerable<Span> DescendantsOf(Span span) => IsLeaf(span) ? [] : Descendants(span);

    private IEnumerable<Span> Descendants(Span span)
    {
        var open = new Stack<Span>(ChildrenOf(span));
        while (open.TryPop(out var next))
        {
            yield return next;
            foreach (var child in ChildrenOf(next)) open.Push(child);
        }
    }

    /// <summary>All below that are still part of it: what an agent or a tool does that it called is their own.</summary>
    public IEnumerable<Span> WithinOf(Span span) => IsLeaf(span) ? [] : Within(span);

    private IEnumerable<Span> Within(Span span)
    {
        var open = new Stack<Span>(ChildrenOf(span));
        while (open.TryPop(out var next))
        {
            yield return next;
            if (IsApart(next)) continue;
            foreach (var child in ChildrenOf(next)) open.Push(child);
        }
    }

    /// <summary>All around that it is still part of.</summary>
    public IEnumerable<Span> AroundOf(Span span) => AncestorsOf(span).TakeWhile(around => !IsApart(around));

    // A record whose span never came is shown by itself rather than lost.
    private static List<Span> MergeEvents(List<Span> each)
    {
        var events = each.Where(span => span.Kind == SpanKind.Event).ToLookup(span => span.ParentId);
        var known = each.Where(span => span.Kind != SpanKind.Event).Select(span => span.SpanId).ToHashSet();
        return [.. each.Where(span => span.Kind != SpanKind.Event || span.ParentId is not { } parent || !known.Contains(parent))
            .Select(span => span.Kind == SpanKind.Event ? span : MessageEvents.Merge(span, events[span.SpanId]))];
    }

    private static bool IsApart(Span span) => span.Kind is SpanKind.Agent or SpanKind.Tool or SpanKind.Handoff;

    // Of two tellings of one span the one that says more counts; the rest of the order only makes the choice the same each time.
    private static Span Fuller(Span a, Span b) => Compare(a, b) >= 0 ? a : b;

    private static int Compare(Span a, Span b)
    {
        int order;
        if ((order = a.Duration.CompareTo(b.Duration)) != 0) return order;
        if ((order = (a.Output is not null).CompareTo(b.Output is not null)) != 0) return order;
        if ((order = (a.Usage is not null).CompareTo(b.Usage is not null)) != 0) return order;
        if ((order = a.Attributes.Count.CompareTo(b.Attributes.Count)) != 0) return order;
        if ((order = string.CompareOrdinal(a.Error, b.Error)) != 0) return order;
        if ((order = string.CompareOrdinal(a.Output, b.Output)) != 0) return order;
        if ((order = string.CompareOrdinal(a.Input, b.Input)) != 0) return order;
        return (order = string.CompareOrdinal(a.Name, b.Name)) != 0 ? order : a.Kind.CompareTo(b.Kind);
    }

    private static int Depth(SpanKind kind) => kind switch
    {
        SpanKind.Attempt => 3,
        SpanKind.Tool => 4,
        SpanKind.Model => 2,
        SpanKind.Agent => 0,
        _ => 1,
    };

    // Each span is walked once, or twice when the way up leads into a ring, of which the first span then loses its parent.
    private void CutRingsAndDepths()
    {
        var depths = new Dictionary<SpanId, int>(Spans.Count);
        var path = new List<Span>();
        foreach (var span in Spans)
        {
            while (!TryWalkUp(span, depths, path)) _cut.Add(FirstOfRing(path));
            for (var i = path.Count - 1; i >= 0; i--)
            {
                var depth = ParentOf(path[i]) is { } parent ? depths[parent.SpanId] + 1 : 0;
                if (depth > MostDepth)
                {
                    _cut.Add(path[i].SpanId);
                    depth = 0;
                }

                depths[path[i].SpanId] = depth;
            }
        }
    }

    // From a span up to one whose depth is known or that has no parent. False: the path ends in a span that it came through before.
    private bool TryWalkUp(Span span, Dictionary<SpanId, int> depths, List<Span> path)
    {
        path.Clear();
        // A set only for ways that are long: most spans' parents were walked before.
        HashSet<SpanId>? seen = null;
        for (var at = span; at is not null && !depths.ContainsKey(at.SpanId); at = ParentOf(at))
        {
            var again = seen is null ? IsIn(path, at) : !seen.Add(at.SpanId);
            path.Add(at);
            if (again) return false;
            if (path.Count == LongWay) seen = [.. path.Select(one => one.SpanId)];
        }

        return true;
    }

    private static bool IsIn(List<Span> path, Span span)
    {
        foreach (var one in path)
            if (one.SpanId == span.SpanId) return true;
        return false;
    }

    private static SpanId FirstOfRing(List<Span> path) =>
        path.Skip(path.FindIndex(one => one.SpanId == path[^1].SpanId)).Order(InOrder).First().SpanId;
}
