using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>Virtual keys in memory. Thread-safe.</summary>
public sealed class InMemoryKeyStore : IKeyStore
{
    private readonly Lock _lock = new();
    private readonly List<(string Hash, ApiKey Key)> _keys = [];

    /// <summary>How often a secret was looked for.</summary>
    public int Lookups { get; private set; }

    public Task AddAsync(ApiKey key, ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken)
    {
        lock (_lock) _keys.Insert(0, (Convert.ToHexString(secretHash.Span), key));
        return Task.CompletedTask;
    }

    public Task<ApiKey?> FindAsync(ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexString(secretHash.Span);
        lock (_lock)
        {
            Lookups++;
            return Task.FromResult<ApiKey?>(_keys.FirstOrDefault(known => known.Hash == hash).Key);
        }
    }

    public Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult<IReadOnlyList<ApiKey>>([.. _keys.Select(known => known.Key)]);
    }

    public Task<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        Task.FromResult(Change(id, key => key with { Revoked = key.Revoked ?? at }));

    public Task TouchAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        Change(id, key => key with { LastUsed = at });
        return Task.CompletedTask;
    }

    private ApiKey? Change(string id, Func<ApiKey, ApiKey> change)
    {
        lock (_lock)
        {
            var i = _keys.FindIndex(known => known.Key.Id == id);
            if (i < 0) return null;
            _keys[i] = (_keys[i].Hash, change(_keys[i].Key));
            return _keys[i].Key;
        }
    }
}
