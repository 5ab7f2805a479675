using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Lifts to the trace what only some of its spans say: the root's word first, then that of the earliest span.</summary>
internal sealed class Lifting(Span root, List<Span> spans)
{
    private readonly List<string> _conflicts = [];

    /// <summary>What was said differently by different spans, in words.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    public T? First<T>(Func<Span, T?> read)
    {
        if (read(root) is { } own) return own;
        foreach (var span in spans)
            if (read(span) is { } told) return told;
        return default;
    }

    /// <summary>As <see cref="First{T}"/>; notes it when the spans do not agree.</summary>
    public string? Of(string what, Func<Span, string?> read)
    {
        var first = First(read);
        foreach (var span in spans)
        {
            if (read(span) is not { } told || told == first) continue;
            _conflicts.Add($"{what}: {string.Join(", ", spans.Select(read).OfType<string>().Distinct(StringComparer.Ordinal))}");
            break;
        }

        return first;
    }
}
