using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Keys;

/// <summary>How often somebody may send a key that is none before being told to wait.</summary>
public sealed class WrongKeyOptions
{
    /// <summary>Times a minute that one address may send wrong keys with one beginning; 1 to 10,000, default 10: a program with a stale key stops being looked up.</summary>
    [Range(1, 10_000)]
    public int PerKey { get; set; } = 10;

    /// <summary>Times a minute that one address may send wrong keys of any kind; 1 to 1,000,000, default 60. Not for loopback, where all programs of the machine are one
    /// address. Addresses of IPv6 count by their first 64 bits.</summary>
    [Range(1, 1_000_000)]
    public int PerAddress { get; set; } = 60;
}
