using Espalier.Contracts.Shared;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>The most recently used replies, within limits of number, bytes and age. Thread-safe.</summary>
internal sealed class ReplyCache(IOptions<GatewayOptions> options, TimeProvider time)
{
    private readonly CacheOptions _options = options.Value.Cache;
    private readonly Lock _lock = new();
    private readonly Dictionary<CacheKey, LinkedListNode<(CacheKey Key, CachedReply Reply)>> _nodes = [];
    private readonly LinkedList<(CacheKey Key, CachedReply Reply)> _order = new();
    private long _bytes;
    private long _hits;
    private long _misses;

    public int MaxEntryBytes => _options.MaxEntryBytes;

    public ReplyCacheState State
    {
        get
        {
            lock (_lock) return new ReplyCacheState(_nodes.Count, _bytes, _hits, _misses);
        }
    }

    public CachedReply? Find(CacheKey key)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var node))
            {
                if (time.GetUtcNow() - node.Value.Reply.Stored < _options.MaxAge)
                {
                    _order.Remove(node);
                    _order.AddFirst(node);
                    _hits++;
                    return node.Value.Reply;
                }

                Remove(node);
            }

            _misses++;
            return null;
        }
    }

    public void Keep(CacheKey key, CachedReply reply)
    {
        if (reply.Size > _options.MaxEntryBytes) return;
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var known)) Remove(known);
            _nodes.Add(key, _order.AddFirst((key, reply)));
            _bytes += reply.Size;
            while (_nodes.Count > _options.MaxEntries || _bytes > _options.MaxBytes) Remove(_order.Last!);
        }
    }

    private void Remove(LinkedListNode<(CacheKey Key, CachedReply Reply)> node)
    {
        _nodes.Remove(node.Value.Key);
        _order.Remove(node);
        _bytes -= node.Value.Reply.Size;
    }
}
