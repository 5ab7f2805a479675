using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Virtual keys. A secret is known by its SHA-256 alone: it has 178 random bits, so nobody finds it from that.</summary>
public interface IKeyStore
{
    Task AddAsync(ApiKey key, ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken);

    /// <summary>The key of a secret, also when it is revoked or expired; null when there is none.</summary>
    Task<ApiKey?> FindAsync(ReadOnlyMemory<byte> secretHash, CancellationToken cancellationToken);

    /// <summary>Newest first, revoked ones too.</summary>
    Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The key as it is now; null when there is none. Revoking twice keeps the first time.</summary>
    Task<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    Task TouchAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);
}
