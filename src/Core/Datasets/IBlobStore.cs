namespace Espalier.Core.Datasets;

/// <summary>Immutable bytes by their SHA-256. Thread-safe; saving what is there changes nothing.</summary>
public interface IBlobStore
{
    /// <returns>The SHA-256, lower-case hex.</returns>
    Task<string> SaveAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Null when there is none.</summary>
    Task<byte[]?> FindAsync(string blob, CancellationToken cancellationToken);
}
