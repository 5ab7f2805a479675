using System.Security.Cryptography;

namespace Espalier.Gateway.Calls.Retries;

/// <summary>How long to wait before the next try.</summary>
/// <remarks>Doubling, of which half is certain and half is left to chance ("equal jitter", Brooker 2015), so that callers that failed together do not
/// come back together. A wait that the provider asks for is kept in full, with up to a tenth more.</remarks>
internal static class Backoff
{
    private const int Grain = 1 << 20;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(10);

    /// <param name="tries">Tries so far, from 0.</param>
    /// <param name="asked">What the provider asked for.</param>
    public static TimeSpan Delay(int tries, TimeSpan? asked) => Delay(tries, asked, (double)RandomNumberGenerator.GetInt32(Grain) / Grain);

    /// <param name="tries">Tries so far, from 0.</param>
    /// <param name="asked">What the provider asked for.</param>
    /// <param name="chance">In [0, 1).</param>
    internal static TimeSpan Delay(int tries, TimeSpan? asked, double chance)
    {
        if (asked is { } wait) return wait + (wait * (0.1 * chance));
        var whole = First * (1 << Math.Min(tries, 10));
        if (whole > Most) whole = Most;
        return (whole / 2) + (whole / 2 * chance);
    }
}
