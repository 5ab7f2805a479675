namespace Espalier.Core.Runs;

/// <summary>Recorded answers of tools, what tool servers said of themselves, and which declarations an operator trusts. Thread-safe.</summary>
public interface IToolStore
{
    /// <summary>Keeps an answer as the next one to its fingerprint under the same trace or case.</summary>
    Task AddAsync(ToolRecording recording, CancellationToken cancellationToken);

    /// <summary>All answers of one trace or case, in the order in which they were recorded.</summary>
    Task<IReadOnlyList<ToolRecording>> ReadAsync(string agent, string recorded, CancellationToken cancellationToken);

    /// <summary>The newest answers to one operation of a tool server, whatever the trace; at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<ToolRecording>> ReadOperationAsync(string agent, string tool, string operation, int limit, CancellationToken cancellationToken);

    /// <summary>Forgets what was recorded under a trace or case; returns how many answers that were.</summary>
    Task<int> DeleteAsync(IReadOnlyList<string> recorded, CancellationToken cancellationToken);

    /// <summary>Forgets what was recorded before a time, but for traces that cases of a dataset were made from; returns how many answers that were.</summary>
    Task<int> ExpireAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Keeps what a tool server says of itself, JSON; only the newest is kept.</summary>
    Task SaveCatalogAsync(string agent, string tool, string catalog, CancellationToken cancellationToken);

    Task<string?> FindCatalogAsync(string agent, string tool, CancellationToken cancellationToken);

    /// <summary>Trusts one declaration of a tool server beside those before it: two versions may serve at the same time.</summary>
    Task TrustAsync(string agent, string tool, string digest, string principal, CancellationToken cancellationToken);

    /// <summary>Trusts no declaration of a tool server any more.</summary>
    Task DistrustAsync(string agent, string tool, CancellationToken cancellationToken);

    /// <summary>The digests of the declarations that are trusted.</summary>
    Task<IReadOnlyList<string>> FindTrustedAsync(string agent, string tool, CancellationToken cancellationToken);
}
