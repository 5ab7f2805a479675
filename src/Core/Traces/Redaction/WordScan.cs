using System.Buffers;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Finds all places at which one of some words begins.</summary>
/// <remarks>
/// Looks, vectorised, for the rarest character of each word, its pivot, and there for the words that have this pivot beside this neighbour. Prefixes of keys
/// are short and alike, so a search for all of them by their first letters stops at every other word of a sentence. O(text + pivots in it).
/// </remarks>
internal sealed class WordScan
{
    // Characters of prose and JSON from the most to the least frequent; all others, capitals among them, are rarer.
    private const string Frequent = " etaoinsrhldcum\"fpgwyb,v:k.xjqz_/-{}";
    private const int Ascii = 128;

    private readonly string[] _words;
    private readonly SearchValues<char> _pivots;

    // By pivot and the character before it; by pivot and the one after it for words that begin with their pivot.
    private readonly Entry[]?[] _byBefore = new Entry[Ascii * Ascii][];
    private readonly Entry[]?[] _byAfter = new Entry[Ascii * Ascii][];

    /// <param name="words">ASCII, at least two characters each.</param>
    public WordScan(IReadOnlyList<string> words)
    {
        _words = [.. words];
        var pivots = new HashSet<char>();
        for (var i = 0; i < _words.Length; i++)
        {
            var word = _words[i];
            if (word.Length < 2 || word.Any(c => c >= Ascii)) throw new ArgumentException($"'{word}' is too short or not ASCII.", nameof(words));
            var at = Enumerable.Range(0, word.Length).MinBy(position => Frequency(word[position]));
            pivots.Add(word[at]);
            var (table, neighbour) = at > 0 ? (_byBefore, word[at - 1]) : (_byAfter, word[1]);
            ref var entries = ref table[(word[at] * Ascii) + neighbour];
            entries = [.. entries ?? [], new Entry(i, at)];
        }

        _pivots = SearchValues.Create([.. pivots]);
    }

    /// <summary>Calls back for each word that begins somewhere; a place may come more than once, with a word each time.</summary>
    public void Find<TState>(ReadOnlySpan<char> text, ref TState state, FoundWord<TState> found)
        where TState : allows ref struct
    {
        for (var at = 0; text[at..].IndexOfAny(_pivots) is >= 0 and var next; at++)
        {
            at += next;
            if (at > 0) Check(text, _byBefore, text[at - 1], at, ref state, found);
            if (at + 1 < text.Length) Check(text, _byAfter, text[at + 1], at, ref state, found);
        }
    }

    private void Check<TState>(ReadOnlySpan<char> text, Entry[]?[] table, char neighbour, int at, ref TState state, FoundWord<TState> found)
        where TState : allows ref struct
    {
        if (neighbour >= Ascii || table[(text[at] * Ascii) + neighbour] is not { } entries) return;
        foreach (var (word, offset) in entries)
        {
            var start = at - offset;
            if (start >= 0 && text[start..].StartsWith(_words[word], StringComparison.Ordinal)) found(text, word, start, ref state);
        }
    }

    private static int Frequency(char c) => Frequent.IndexOf(c, StringComparison.Ordinal) is >= 0 and var rank ? Frequent.Length - rank : 0;

    private readonly record struct Entry(int Word, int Offset);
}

/// <param name="word">Which of the words.</param>
/// <param name="start">Where it begins.</param>
internal delegate void FoundWord<TState>(ReadOnlySpan<char> text, int word, int start, ref TState state)
    where TState : allows ref struct;
