using System.Collections.Concurrent;
using System.Security.Cryptography;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>The sessions that agents began. They hold what can be given up; the real server knows nothing of them.</summary>
internal sealed class McpSessions
{
    private const int MostKept = 8192;

    private readonly BoundedCache<string, McpSession> _known = new(MostKept);

    public string Begin(string owner)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _known.GetOrAdd(id, _ => new McpSession(owner));
        return id;
    }

    /// <summary>Null when it is not known, was ended, or is another's.</summary>
    public McpSession? Find(string id, string owner) => _known.TryGet(id, out var session) && session.Owner == owner ? session : null;

    public void End(string id) => _known.Remove(id);
}

/// <param name="owner">Whose it is: agent and tool server.</param>
internal sealed class McpSession(string owner)
{
    public string Owner => owner;

    /// <summary>Requests in flight by their ids, JSON.</summary>
    public ConcurrentDictionary<string, CancellationTokenSource> InFlight { get; } = new(StringComparer.Ordinal);
}
