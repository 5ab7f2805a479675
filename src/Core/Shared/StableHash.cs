namespace Espalier.Core.Shared;

/// <summary>A 64-bit hash that is the same in every process and release, for sketches. Not for security.</summary>
/// <remarks>FNV-1a (Fowler, Noll, Vo) with the finalizer of MurmurHash3 (Appleby) to spread the last characters.</remarks>
public static class StableHash
{
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in text) hash = unchecked((hash ^ c) * 0x100000001B3UL);
        return Mix(hash);
    }

    public static ulong Of(ReadOnlySpan<ulong> numbers)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var number in numbers) hash = unchecked((hash ^ Mix(number)) * 0x100000001B3UL);
        return Mix(hash);
    }

    public static ulong Mix(ulong hash)
    {
        unchecked
        {
            hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
            hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
            return hash ^ (hash >> 33);
        }
    }
}
