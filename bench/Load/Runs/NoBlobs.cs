using Espalier.Core.Datasets;

namespace Espalier.Runs;

/// <summary>What is measured here has no workspace.</summary>
internal sealed class NoBlobs : IBlobStore
{
    public Task<string> SaveAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<byte[]?> FindAsync(string blob, CancellationToken cancellationToken) => throw new NotSupportedException();
}
