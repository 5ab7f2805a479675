namespace Espalier.Core.Traces.Redaction;

/// <summary>Findings of one text. Costs nothing until the first one.</summary>
internal struct FindingList
{
    private List<Entry>? _entries;

    public readonly bool IsEmpty => _entries is null;

    public void Add(Finding finding, string kind, int rank, IDetector? detector) => (_entries ??= []).Add(new Entry(finding, kind, rank, detector));

    /// <summary>Those that stay when overlaps are resolved, by position: the highest rank, of equals the longest, of equals the first.</summary>
    public readonly List<Entry> Resolve(ReadOnlySpan<char> text)
    {
        var chosen = new List<Entry>();
        if (_entries is null) return chosen;
        var kept = KeptRanges(text);
        foreach (var entry in _entries.OrderByDescending(entry => entry.Rank).ThenByDescending(entry => entry.Finding.Length).ThenBy(entry => entry.Finding.Start))
        {
            if (!kept.Exists(range => Overlap(range, entry.Finding)) && !chosen.Exists(other => Overlap(other.Finding, entry.Finding))) chosen.Add(entry);
        }

        chosen.Sort((a, b) => a.Finding.Start.CompareTo(b.Finding.Start));
        return chosen;
    }

    // What is a placeholder already stays one.
    private static List<Finding> KeptRanges(ReadOnlySpan<char> text)
    {
        var kept = new List<Finding>();
        for (var at = 0; text[at..].IndexOf('[') is >= 0 and var found;)
        {
            at += found;
            var length = Placeholder.LengthAtStart(text[at..]);
            if (length > 0) kept.Add(new Finding(at, at + length));
            at += Math.Max(1, length);
        }

        return kept;
    }

    private static bool Overlap(Finding a, Finding b) => a.Start < b.End && b.Start < a.End;

    public readonly record struct Entry(Finding Finding, string Kind, int Rank, IDetector? Detector);
}
