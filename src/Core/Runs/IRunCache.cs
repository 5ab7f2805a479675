using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Results by content. A result is stored once; a second result for the same key is dropped.</summary>
public interface IRunCache
{
    Task<Run?> FindAsync(RunKey key, CancellationToken cancellationToken);

    Task SaveAsync(Run run, CancellationToken cancellationToken);
}
