namespace Espalier.Storage.Sqlite.Runs;

/// <summary>Whether a key was ever stored: never says no to one that was, seldom says yes to one that was not. Not thread-safe.</summary>
/// <remarks>Bloom filter (Bloom, 1970) of fixed size, so that a ledger of any age takes the same memory: with 4 MiB and four positions a
/// key, one key in 1,200 of a million, and one in 12 of five million, is looked for in the database for nothing.</remarks>
internal sealed class SeenKeys
{
    private const int Bits = 1 << 25;
    private const int Positions = 4;
    private const ulong HashStart = 14695981039346656037;
    private const ulong HashFactor = 1099511628211;

    private readonly ulong[] _words = new ulong[Bits / 64];

    public void Add(string key)
    {
        var hash = Hash(key);
        for (var i = 0; i < Positions; i++) _words[Word(hash, i, out var bit)] |= bit;
    }

    public bool MayContain(string key)
    {
        var hash = Hash(key);
        for (var i = 0; i < Positions; i++)
            if ((_words[Word(hash, i, out var bit)] & bit) == 0) return false;
        return true;
    }

    // Two halves of one hash stand for any number of them (Kirsch and Mitzenmacher, 2006).
    private static int Word(ulong hash, int i, out ulong bit)
    {
        var position = ((uint)hash + (uint)i * ((uint)(hash >> 32) | 1)) % Bits;
        bit = 1UL << (int)(position % 64);
        return (int)(position / 64);
    }

    private static ulong Hash(string key)
    {
        var hash = HashStart;
        foreach (var letter in key) hash = (hash ^ letter) * HashFactor;
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29);
    }
}
