namespace Espalier.Core.Traces.Otlp;

/// <summary>Attributes of one span, event, record or resource, in the order that they came in, with a note on which were understood.</summary>
/// <remarks>Of two with one key the first counts. Reused from span to span. Not thread-safe.</remarks>
public sealed class AttributeSet
{
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private AttributeKey[] _keys = new AttributeKey[32];
    private AttributeValue[] _values = new AttributeValue[32];
    private bool[] _used = new bool[32];

    public int Count { get; private set; }

    /// <summary>The dialects that some key belongs to, one bit each.</summary>
    internal uint Dialects { get; private set; }

    public string KeyAt(int index) => _keys[index].Text;

    public AttributeValue ValueAt(int index) => _values[index];

    public bool IsUsed(int index) => _used[index];

    /// <summary>The value is in the canonical span whole and need not be kept twice.</summary>
    public void Use(int index) => _used[index] = true;

    /// <summary>Only a part of the value is to be kept.</summary>
    internal void Replace(int index, AttributeValue value) => _values[index] = value;

    public void Use(string key)
    {
        if (_index.TryGetValue(key, out var index)) _used[index] = true;
    }

    /// <summary>The place of a key whose value is not empty; -1 when there is none.</summary>
    public int Find(string key) => _index.TryGetValue(key, out var index) && !_values[index].IsEmpty ? index : -1;

    public bool Has(string key) => Find(key) >= 0;

    public AttributeValue this[string key] => Find(key) is >= 0 and var index ? _values[index] : default;

    public string? Text(string key) => Find(key) is >= 0 and var index ? _values[index].AsText() : null;

    internal void Add(AttributeKey key, AttributeValue value)
    {
        if (!_index.TryAdd(key.Text, Count)) return;
        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
            Array.Resize(ref _values, Count * 2);
            Array.Resize(ref _used, Count * 2);
        }

        _keys[Count] = key;
        _values[Count] = value;
        _used[Count] = false;
        Dialects |= key.Dialects;
        Count++;
    }

    internal void Clear()
    {
        // The arrays hold on to the request's body until they are overwritten; a large one is let go.
        if (Count > 0) Array.Clear(_values, 0, Count);
        if (_keys.Length > 1_024)
        {
            _keys = new AttributeKey[32];
            _values = new AttributeValue[32];
            _used = new bool[32];
            _index.Clear();
            _index.TrimExcess(32);
        }

        _index.Clear();
        Count = 0;
        Dialects = 0;
    }
}
