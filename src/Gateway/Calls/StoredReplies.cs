using Espalier.Gateway.Providers;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Calls;

/// <summary>Which provider keeps which reply, and for which agent: a reply can be gone on from, or fetched, only there and only by its owner.</summary>
/// <remarks>In memory, the most recent ones. A reply that is not remembered may still be asked for where its provider is not in doubt: the
/// ids cannot be guessed.</remarks>
internal sealed class StoredReplies
{
    private const int Kept = 100_000;

    private readonly BoundedCache<string, StoredReply> _replies = new(Kept);

    public void Keep(string id, StoredReply reply) => _replies.GetOrAdd(id, _ => reply);

    public StoredReply? Find(string id) => _replies.TryGet(id, out var reply) ? reply : null;
}

/// <param name="Agent">Whose it is.</param>
/// <param name="Model">Who made it.</param>
internal sealed record StoredReply(string Agent, ServedModel Model)
{
    /// <summary>The id of the key whose account keeps it; null when that is not known.</summary>
    public string? Key { get; init; }
}
