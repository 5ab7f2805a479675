using System.Text;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Attribute keys seen so far, so that the same bytes become the same string without a new one each time.</summary>
/// <remarks>Not thread-safe: each reader has one. Forgets everything when senders invent keys without end. The hash is seeded by process, so
/// that nobody can choose keys that collide.</remarks>
internal sealed class KeyPool(Func<string, uint> dialectsOf)
{
    private const int Capacity = 16_384;
    private const int MostKeyBytes = 256;

    private Entry?[] _table = new Entry?[1_024];
    private int _count;

    public AttributeKey Get(ReadOnlySpan<byte> utf8)
    {
        // Long keys are rare and not worth keeping.
        if (utf8.Length > MostKeyBytes) return New(Encoding.UTF8.GetString(utf8));
        var code = default(HashCode);
        code.AddBytes(utf8);
        var hash = code.ToHashCode();
        for (var at = hash & (_table.Length - 1); ; at = (at + 1) & (_table.Length - 1))
        {
            if (_table[at] is not { } entry) return Add(hash, utf8);
            if (entry.Hash == hash && utf8.SequenceEqual(entry.Utf8)) return entry.Key;
        }
    }

    private AttributeKey New(string text) => new(text, dialectsOf(text));

    private AttributeKey Add(int hash, ReadOnlySpan<byte> utf8)
    {
        if (_count == Capacity)
        {
            _table = new Entry?[1_024];
            _count = 0;
        }

        if (_count * 2 >= _table.Length) Grow();
        var entry = new Entry(hash, utf8.ToArray(), New(Encoding.UTF8.GetString(utf8)));
        Put(_table, entry);
        _count++;
        return entry.Key;
    }

    private void Grow()
    {
        var wider = new Entry?[_table.Length * 2];
        foreach (var entry in _table)
            if (entry is not null) Put(wider, entry);
        _table = wider;
    }

    private static void Put(Entry?[] table, Entry entry)
    {
        var at = entry.Hash & (table.Length - 1);
        while (table[at] is not null) at = (at + 1) & (table.Length - 1);
        table[at] = entry;
    }

    private sealed record Entry(int Hash, byte[] Utf8, AttributeKey Key);
}
