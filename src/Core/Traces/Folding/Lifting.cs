using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Lifts to the trace what only some of its spans say: the root's word first, then that of the earliest span.</summary>
internal sealed class Lifting(Span root, IReadOnlyList<Span> spans)
{
    private readonly List<string> _conflicts = [];

    /// <summary>What was said differently by different spans, in words.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    public T? First<T>(Func<Span, T?> read) => read(root) is { } own ? own : spans.Select(read).FirstOrDefault(value => value is not null);

    /// <summary>As <see cref="First{T}"/>; notes it when the spans do not agree.</summary>
    public string? Of(string what, Func<Span, string?> read)
    {
        var values = spans.Select(read).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (values.Count > 1) _conflicts.Add($"{what}: {string.Join(", ", values)}");
        return First(read);
    }
}
