namespace Espalier.Core.Traces.Redaction;

/// <summary>A place in a text at which detectors are asked.</summary>
public readonly ref struct Place
{
    /// <summary>The whole text, escape sequences already read.</summary>
    public required ReadOnlySpan<char> Text { get; init; }

    /// <summary>Where the anchor begins: the word, the sign, the group or the token.</summary>
    public required int At { get; init; }

    /// <summary>End of the word, the group or the token.</summary>
    public required int End { get; init; }

    /// <summary>Numbers only: the groups of digits that follow each other here, at most three separators apart.</summary>
    public ReadOnlySpan<DigitGroup> Groups { get; init; }

    /// <summary>Numbers only: which of the groups begins here.</summary>
    public int Index { get; init; }

    /// <summary>The character before, or NUL at the start.</summary>
    public char Before => CharAt(At - 1);

    public char CharAt(int index) => (uint)index < (uint)Text.Length ? Text[index] : '\0';

    /// <summary>Digits of some of the groups, one after the other. Returns how many, or -1 when they do not fit.</summary>
    public int Digits(int count, Span<char> into)
    {
        var length = 0;
        foreach (var group in Groups.Slice(Index, count))
        {
            if (length + group.Length > into.Length) return -1;
            Text[group.Start..group.End].CopyTo(into[length..]);
            length += group.Length;
        }

        return length;
    }
}
