using Espalier.Contracts.Agents;

namespace Espalier.Storage.Git;

/// <summary>The trees that were read last, within a limit of bytes. A tree never changes, so nothing is ever stale. Thread-safe.</summary>
internal sealed class TreeCache(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TreeId, LinkedListNode<(TreeId Id, TreeFiles Files)>> _nodes = [];
    private readonly LinkedList<(TreeId Id, TreeFiles Files)> _newestFirst = [];
    private long _bytes;

    public TreeFiles? Find(TreeId id)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(id, out var node)) return null;
            _newestFirst.Remove(node);
            _newestFirst.AddFirst(node);
            return node.Value.Files;
        }
    }

    public void Add(TreeId id, TreeFiles files)
    {
        lock (_lock)
        {
            if (files.TotalBytes > maxBytes / 2 || _nodes.ContainsKey(id)) return;
            _nodes[id] = _newestFirst.AddFirst((id, files));
            _bytes += files.TotalBytes;
            while (_bytes > maxBytes)
            {
                var oldest = _newestFirst.Last!;
                _newestFirst.RemoveLast();
                _nodes.Remove(oldest.Value.Id);
                _bytes -= oldest.Value.Files.TotalBytes;
            }
        }
    }
}
