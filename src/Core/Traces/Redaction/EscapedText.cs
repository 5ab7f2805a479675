using System.Buffers;
using System.Globalization;

namespace Espalier.Core.Traces.Redaction;

/// <summary>A text as its reader sees it: escape sequences of JSON replaced by what they stand for, at any depth of strings in strings.</summary>
/// <remarks>Only for looking: positions are mapped back, so what is not redacted stays byte for byte. A path such as <c>C:\new</c> is read wrongly,
/// which at worst hides a boundary. The buffers are pooled.</remarks>
internal ref struct EscapedText
{
    private char[]? _chars;
    private int[]? _marks;
    private int _length;
    private int _markCount;

    private EscapedText(ReadOnlySpan<char> source)
    {
        _chars = ArrayPool<char>.Shared.Rent(source.Length);
        _marks = ArrayPool<int>.Shared.Rent(64);
    }

    public readonly ReadOnlySpan<char> View => _chars.AsSpan(0, _length);

    public static EscapedText Read(ReadOnlySpan<char> source)
    {
        var text = new EscapedText(source);
        var at = 0;
        while (at < source.Length)
        {
            var plain = source[at..].IndexOf('\\');
            if (plain < 0) plain = source.Length - at;
            if (plain > 0)
            {
                text.Mark(at);
                source.Slice(at, plain).CopyTo(text._chars.AsSpan(text._length));
                text._length += plain;
                at += plain;
            }

            if (at < source.Length) at += text.ReadEscape(source[at..], at);
        }

        // So that an end maps to the end.
        text.Mark(source.Length);
        return text;
    }

    /// <summary>The position in the source of a position in the view.</summary>
    public readonly int ToSource(int position)
    {
        var (low, high) = (0, _markCount - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_marks![2 * middle] <= position) low = middle;
            else high = middle - 1;
        }

        return _marks![(2 * low) + 1] + (position - _marks[2 * low]);
    }

    public void Dispose()
    {
        if (_chars is { } chars) ArrayPool<char>.Shared.Return(chars);
        if (_marks is { } marks) ArrayPool<int>.Shared.Return(marks);
        (_chars, _marks) = (null, null);
    }

    // A run of any number of backslashes is one escape: strings in strings in strings double it each time.
    private int ReadEscape(ReadOnlySpan<char> source, int at)
    {
        var run = source.IndexOfAnyExcept('\\');
        if (run < 0) run = source.Length;
        var (character, length) = run == source.Length ? ('\\', 0) : source[run] switch
        {
            'n' => ('\n', 1),
            'r' => ('\r', 1),
            't' => ('\t', 1),
            'b' or 'f' => (' ', 1),
            '"' => ('"', 1),
            '/' => ('/', 1),
            'u' when source.Length >= run + 5 && ushort.TryParse(
                source.Slice(run + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => ((char)code, 5),
            _ => ('\\', 0),
        };
        Mark(at);
        _chars![_length++] = character;
        return run + length;
    }

    private void Mark(int source)
    {
        if (2 * (_markCount + 1) > _marks!.Length)
        {
            var larger = ArrayPool<int>.Shared.Rent(2 * _marks.Length);
            _marks.CopyTo(larger, 0);
            ArrayPool<int>.Shared.Return(_marks);
            _marks = larger;
        }

        _marks[2 * _markCount] = _length;
        _marks[(2 * _markCount) + 1] = source;
        _markCount++;
    }
}
