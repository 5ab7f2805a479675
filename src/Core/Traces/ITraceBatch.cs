namespace Espalier.Core.Traces;

/// <summary>Spans and feedback that are stored together, so taken that none of them need stay in memory as an object.</summary>
/// <remarks>Without <see cref="CommitAsync"/> nothing of it is stored. Not thread-safe.</remarks>
public interface ITraceBatch : ITraceSink, IDisposable
{
    /// <summary>Returns when all of it will survive a crash of this process. After a fault some of it may be stored: writing is idempotent, so send all of it again.</summary>
    Task CommitAsync(CancellationToken cancellationToken);
}
