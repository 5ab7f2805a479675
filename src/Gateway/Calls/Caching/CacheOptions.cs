using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>The cache of answers to requests that are equal to the byte, white space and order of members aside. In memory.</summary>
public sealed class CacheOptions
{
    /// <summary>Whether calls that say nothing about it use the cache; default false, because an agent that asks twice may want two answers.</summary>
    public bool On { get; set; }

    /// <summary>Most answers that are kept; 1 to 10,000,000, default 10,000. The least recently used go first.</summary>
    [Range(1, 10_000_000)]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>Most bytes of all answers; 64 KiB to 64 GiB, default 128 MiB.</summary>
    [Range(64L << 10, 64L << 30)]
    public long MaxBytes { get; set; } = 128L << 20;

    /// <summary>Largest answer that is kept; 1 KiB to 64 MiB, default 1 MiB.</summary>
    [Range(1 << 10, 64 << 20)]
    public int MaxEntryBytes { get; set; } = 1 << 20;

    /// <summary>After this an answer is asked for anew; 1 s to 30 days, default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(1);
}
