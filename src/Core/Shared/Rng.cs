using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Espalier.Core.Shared;

/// <summary>Seeded random numbers whose stream is ours, so that a seed means the same after a runtime upgrade.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014) over a counter. Not for secrets. Not thread-safe: derive one per decision with
/// <see cref="Seed.For(string, long)"/>.</remarks>
public sealed class Rng(ulong state)
{
    private ulong _state = state;

    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="exclusiveMax"/>) without modulo bias (Lemire 2019).</summary>
    public int Next(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        var bound = (ulong)exclusiveMax;
        var high = Math.BigMul(NextUInt64(), bound, out var low);
        if (low < bound)
        {
            var threshold = unchecked(0UL - bound) % bound;
            while (low < threshold) high = Math.BigMul(NextUInt64(), bound, out low);
        }

        return (int)high;
    }

    /// <summary>A new list in random order (Fisher-Yates); the source is left alone.</summary>
    public IReadOnlyList<T> Shuffle<T>(IEnumerable<T> source)
    {
        var items = source.ToArray();
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }

        return items;
    }
}

/// <summary>A root of randomness that gives every decision its own stream by name, so that order of execution does not matter.</summary>
public readonly record struct Seed(long Value)
{
    public Rng For(string name, long iteration = 0)
    {
        Span<byte> hash = stackalloc byte[32];
        var text = Encoding.UTF8.GetBytes($"{Value}/{name}/{iteration}");
        SHA256.HashData(text, hash);
        return new Rng(BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }
}
