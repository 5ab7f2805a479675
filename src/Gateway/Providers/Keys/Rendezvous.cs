namespace Espalier.Gateway.Providers.Keys;

/// <summary>Highest random weight hashing (Thaler and Ravishankar 1998): each caller has an order of the keys of its own, and a key that comes or goes
/// moves only the callers that had it first.</summary>
internal static class Rendezvous
{
    /// <summary>The weight of a key for a caller: the finalizer of SplitMix64 over both hashes.</summary>
    public static ulong Weight(ulong key, ulong caller)
    {
        var z = key ^ (caller * 0x9E3779B97F4A7C15UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
