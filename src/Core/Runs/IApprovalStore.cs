using Espalier.Contracts.Runs;

namespace Espalier.Core.Runs;

/// <summary>Tool calls that wait, or waited, for a person's word.</summary>
public interface IApprovalStore
{
    /// <summary>Keeps what is asked; where one with that id is known already, <paramref name="known"/> says what becomes of it. One at a time an id.</summary>
    /// <returns>What is kept now.</returns>
    Task<ToolApproval> AskAsync(ToolApproval asked, Func<ToolApproval, ToolApproval> known, CancellationToken cancellationToken);

    /// <summary>What is kept now; null when there is none of that id.</summary>
    Task<ToolApproval?> UpdateAsync(string id, Func<ToolApproval, ToolApproval> change, CancellationToken cancellationToken);

    Task<ToolApproval?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first, at most 1,000.</summary>
    Task<IReadOnlyList<ToolApproval>> ListAsync(string? agent, ApprovalState? state, CancellationToken cancellationToken);
}
