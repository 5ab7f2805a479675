using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Policies.Memory.Retrieval;

/// <summary>Past cases by what they say: character n-gram tf-idf and cosine similarity.</summary>
internal sealed class CaseIndex
{
    private readonly Entry[] _entries;
    private readonly TfIdfIndex _index;

    public CaseIndex(IReadOnlyList<Case> cases)
    {
        // Sorted by id, so that ties are settled alike whatever order the store reads in.
        _entries = [.. cases
            .Where(one => one.Reference is not null)
            .OrderBy(one => one.Id.Value, StringComparer.Ordinal)
            .Select(one => new Entry(one, Normalise(one.Input), new LabelledExample(one.Input, one.Reference!)))];
        _index = new TfIdfIndex([.. _entries.Select(entry => entry.Example.Input)], Features.CharacterGrams);
    }

    public int Count => _entries.Length;

    /// <summary>The nearest cases, least similar first. What is asked now, and what its own conversation said, never answers it.</summary>
    public IReadOnlyList<LabelledExample> Nearest(string query, int count, double minSimilarity, string? excludedGroup, Func<Case, bool>? allows = null)
    {
        var similarities = _index.Similarities(query);
        var asked = Normalise(query);
        // A min-heap of the best so far; equal similarities are ranked by position so that the order is one order.
        var best = new PriorityQueue<int, (float, int)>(count + 1);
        for (var i = 0; i < similarities.Length; i++)
        {
            if (similarities[i] < minSimilarity || similarities[i] <= 0) continue;
            if (best.Count == count && best.TryPeek(out _, out var worst) && (similarities[i], -i).CompareTo(worst) < 0) continue;
            if (excludedGroup is not null && _entries[i].Case.Group == excludedGroup) continue;
            if (_entries[i].Normalised == asked) continue;
            if (allows is not null && !allows(_entries[i].Case)) continue;
            best.Enqueue(i, (similarities[i], -i));
            if (best.Count > count) best.Dequeue();
        }

        var examples = new List<LabelledExample>(best.Count);
        while (best.TryDequeue(out var entry, out _)) examples.Add(_entries[entry].Example);
        return examples;
    }

    /// <summary>Letters and digits alone, lower case, single spaces: texts that differ in nothing else are the same request.</summary>
    private static string Normalise(string text) => string.Join(
        ' ',
        new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private sealed record Entry(Case Case, string Normalised, LabelledExample Example);
}
