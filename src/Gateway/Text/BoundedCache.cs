using System.Diagnostics.CodeAnalysis;

namespace Espalier.Gateway.Text;

/// <summary>Keeps the most recently used values, at most <paramref name="capacity"/> of them. Thread-safe.</summary>
internal sealed class BoundedCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = new();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var node))
            {
                _order.Remove(node);
                _order.AddFirst(node);
                value = node.Value.Value;
                return true;
            }

            value = default;
            return false;
        }
    }

    /// <summary>The value that is there, or the one made now. <paramref name="make"/> runs inside the lock: it must be quick, such as starting a task.</summary>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        lock (_lock)
        {
            if (TryGet(key, out var found)) return found;
            var made = make(key);
            _nodes.Add(key, _order.AddFirst((key, made)));
            if (_nodes.Count > capacity)
            {
                _nodes.Remove(_order.Last!.Value.Key);
                _order.RemoveLast();
            }

            return made;
        }
    }

    /// <summary>All that is there now, the most recently used first.</summary>
    public IReadOnlyList<KeyValuePair<TKey, TValue>> Entries()
    {
        lock (_lock) return [.. _order.Select(entry => KeyValuePair.Create(entry.Key, entry.Value))];
    }

    public void Remove(TKey key)
    {
        lock (_lock)
        {
            if (_nodes.Remove(key, out var node)) _order.Remove(node);
        }
    }
}
