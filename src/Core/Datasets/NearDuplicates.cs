using Espalier.Core.Shared;

namespace Espalier.Core.Datasets;

/// <summary>Finds texts that are nearly copies of an earlier one: MinHash-LSH proposes pairs, the exact Jaccard similarity confirms.</summary>
/// <remarks>Broder 1997; Leskovec, Rajaraman, Ullman chapter 3. With 20 bands of 5 rows a pair at similarity 0.8 is missed with
/// probability 0.0004. Time and memory are linear in the texts. Shingles of 5 characters over the normalised text.</remarks>
public static class NearDuplicates
{
    public const double Threshold = 0.8;

    private const int Bands = 20;
    private const int Rows = 5;
    private const int ShingleLength = 5;

    /// <summary>For each text the index of the earlier text that it repeats and that repeats none itself, or -1.</summary>
    public static int[] Find(IReadOnlyList<string> texts)
    {
        var repeats = new int[texts.Count];
        var shingles = new HashSet<string>?[texts.Count];
        var buckets = new Dictionary<(int Band, ulong Hash), List<int>>();
        Span<ulong> signature = stackalloc ulong[Bands * Rows];
        for (var i = 0; i < texts.Count; i++)
        {
            repeats[i] = -1;
            var own = shingles[i] = Shingles.Of(Shingles.Normalise(texts[i]), ShingleLength);
            Sign(own, signature);
            var seen = new HashSet<int>();
            for (var band = 0; band < Bands && repeats[i] < 0; band++)
            {
                if (!buckets.TryGetValue((band, HashOf(signature, band)), out var bucket)) continue;
                foreach (var other in bucket)
                {
                    if (!seen.Add(other) || Shingles.Jaccard(own, shingles[other]!) < Threshold) continue;
                    repeats[i] = other;
                    break;
                }
            }

            // Only what is kept is compared with: a text that a copy stands for must not knock out its own neighbours, and a
            // thousand copies of one text must not be compared with each other.
            if (repeats[i] >= 0)
            {
                shingles[i] = null;
                continue;
            }

            for (var band = 0; band < Bands; band++)
            {
                var key = (band, HashOf(signature, band));
                if (!buckets.TryGetValue(key, out var bucket)) buckets[key] = bucket = [];
                bucket.Add(i);
            }
        }

        return repeats;
    }

    private static ulong HashOf(ReadOnlySpan<ulong> signature, int band) => StableHash.Of(signature.Slice(band * Rows, Rows));

    private static void Sign(HashSet<string> shingles, Span<ulong> signature)
    {
        signature.Fill(ulong.MaxValue);
        foreach (var shingle in shingles)
        {
            var hash = StableHash.Of(shingle);
            for (var row = 0; row < signature.Length; row++)
            {
                // A family of hashes from one: an offset for each row, mixed down.
                var mixed = StableHash.Mix(unchecked(hash + ((ulong)row * 0x9E3779B97F4A7C15UL)));
                if (mixed < signature[row]) signature[row] = mixed;
            }
        }
    }
}
