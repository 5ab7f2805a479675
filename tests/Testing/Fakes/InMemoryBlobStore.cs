using System.Collections.Concurrent;
using System.Security.Cryptography;
using Espalier.Core.Datasets;

namespace Espalier.Testing.Fakes;

/// <summary>Blobs as a dictionary.</summary>
public sealed class InMemoryBlobStore : IBlobStore
{
    private readonly ConcurrentDictionary<string, byte[]> _all = new();

    public Task<string> SaveAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        _all[hash] = content.ToArray();
        return Task.FromResult(hash);
    }

    public Task<byte[]?> FindAsync(string blob, CancellationToken cancellationToken) => Task.FromResult(_all.GetValueOrDefault(blob));
}
