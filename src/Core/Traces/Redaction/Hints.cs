using System.Buffers;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Words beside a number that name what kind of number it is: <c>SSN</c>, <c>Tel.</c>, a field called <c>phone</c>.</summary>
internal sealed class Hints(params string[] words)
{
    private readonly SearchValues<string> _words = SearchValues.Create(words, StringComparison.OrdinalIgnoreCase);

    /// <summary>True when a word ends within some characters before a position.</summary>
    public bool Before(ReadOnlySpan<char> text, int position, int reach)
    {
        var start = Math.Max(0, position - reach);
        return Contains(text, start, position);
    }

    /// <summary>True when a word begins within some characters after a position.</summary>
    /// <remarks>Not beyond the line, the cell or the string: there the next thing begins.</remarks>
    public bool After(ReadOnlySpan<char> text, int position, int reach)
    {
        var end = Math.Min(text.Length, position + reach);
        var stop = text[position..end].IndexOfAny("\"\r\n;|");
        return Contains(text, position, stop < 0 ? end : position + stop);
    }

    // As words of their own: there is no telephone in "telephoned".
    private bool Contains(ReadOnlySpan<char> text, int start, int end)
    {
        while (start < end)
        {
            var found = text[start..end].IndexOfAny(_words);
            if (found < 0) return false;
            var at = start + found;
            if (IsBoundary(text, at - 1))
            {
                foreach (var word in words)
                {
                    if (at + word.Length <= text.Length && text.Slice(at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)
                        && IsBoundary(text, at + word.Length) && !IsPlaceholder(text, at))
                    {
                        return true;
                    }
                }
            }

            start = at + 1;
        }

        return false;
    }

    private static bool IsPlaceholder(ReadOnlySpan<char> text, int at) => at > 0 && Placeholder.LengthAtStart(text[(at - 1)..]) > 0;

    // An underscore joins words of a field's name: phone_number. A capital begins one: phoneNumber.
    private static bool IsBoundary(ReadOnlySpan<char> text, int at) =>
        at < 0 || at >= text.Length || !char.IsLetterOrDigit(text[at]) || (char.IsUpper(text[at]) && at > 0 && char.IsLower(text[at - 1]));
}
