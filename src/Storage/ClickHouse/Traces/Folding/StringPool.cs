using System.Text;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Short texts that come again and again: names of agents, models, tools. Not thread-safe.</summary>
internal sealed class StringPool
{
    private const int MostTexts = 4096;
    private const int MostBytes = 128;

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MostBytes) return Encoding.UTF8.GetString(utf8);
        Span<char> chars = stackalloc char[MostBytes];
        chars = chars[..Encoding.UTF8.GetChars(utf8, chars)];
        var lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(chars, out var known)) return known;
        // Senders that make up names without end must not fill the memory.
        if (_texts.Count == MostTexts) _texts.Clear();
        var text = new string(chars);
        _texts[text] = text;
        return text;
    }
}
