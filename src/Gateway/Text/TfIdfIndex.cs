namespace Espalier.Gateway.Text;

/// <summary>Texts as tf-idf vectors of unit length, with an inverted index, so that a query touches only what it shares features with.</summary>
/// <remarks>Weight of a feature: (1 + ln tf) x (1 + ln((1 + n) / (1 + df))), as in Salton and Buckley (1988) with add-one smoothing; the
/// idf comes from the indexed texts alone. Features that no text has do not count. Immutable and thread-safe after construction.</remarks>
internal sealed class TfIdfIndex
{
    private readonly TextFeatures _features;
    private readonly Dictionary<ulong, int> _ids = [];
    private readonly float[] _idf;
    private readonly int[] _starts;
    private readonly (int Text, float Weight)[] _postings;

    public TfIdfIndex(IReadOnlyList<string> texts, TextFeatures features)
    {
        _features = features;
        Count = texts.Count;
        var entries = new List<(int Feature, int Text, float Tf)>(texts.Count * 32);
        var frequency = new List<int>();
        var counts = new Dictionary<ulong, int>();
        for (var text = 0; text < texts.Count; text++)
        {
            counts.Clear();
            features(texts[text], counts);
            foreach (var (hash, count) in counts)
            {
                if (!_ids.TryGetValue(hash, out var id))
                {
                    _ids.Add(hash, id = frequency.Count);
                    frequency.Add(0);
                }

                frequency[id]++;
                entries.Add((id, text, 1 + MathF.Log(count)));
            }
        }

        _idf = [.. frequency.Select(df => 1 + MathF.Log((1f + Count) / (1 + df)))];
        var norms = new double[Count];
        foreach (var (feature, text, tf) in entries) norms[text] += Math.Pow(tf * _idf[feature], 2);
        _starts = new int[_idf.Length + 1];
        for (var i = 0; i < frequency.Count; i++) _starts[i + 1] = _starts[i] + frequency[i];
        var next = (int[])_starts.Clone();
        _postings = new (int, float)[entries.Count];
        foreach (var (feature, text, tf) in entries)
            _postings[next[feature]++] = (text, (float)(tf * _idf[feature] / Math.Sqrt(norms[text])));
    }

    /// <summary>How many texts there are.</summary>
    public int Count { get; }

    /// <summary>Cosine similarity of the query to every text, in [0, 1], by position.</summary>
    public float[] Similarities(string query)
    {
        var counts = new Dictionary<ulong, int>();
        _features(query, counts);
        var scores = new float[Count];
        double norm = 0;
        foreach (var (hash, count) in counts)
        {
            if (!_ids.TryGetValue(hash, out var id)) continue;
            var weight = (1 + MathF.Log(count)) * _idf[id];
            norm += weight * weight;
            foreach (var (text, textWeight) in _postings.AsSpan(_starts[id].._starts[id + 1])) scores[text] += weight * textWeight;
        }

        if (norm == 0) return scores;
        var scale = (float)(1 / Math.Sqrt(norm));
        for (var i = 0; i < scores.Length; i++) scores[i] = Math.Min(1, scores[i] * scale);
        return scores;
    }
}
