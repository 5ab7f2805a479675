using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>Approvals in memory. Thread-safe.</summary>
public sealed class InMemoryApprovalStore : IApprovalStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ToolApproval> _approvals = [];

    public Task<ToolApproval> AskAsync(ToolApproval asked, Func<ToolApproval, ToolApproval> known, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_approvals[asked.Id] = _approvals.TryGetValue(asked.Id, out var there) ? known(there) : asked);
    }

    public Task<ToolApproval?> UpdateAsync(string id, Func<ToolApproval, ToolApproval> change, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_approvals.TryGetValue(id, out var there) ? _approvals[id] = change(there) : null);
    }

    public Task<ToolApproval?> FindAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(_approvals.GetValueOrDefault(id));
    }

    public Task<IReadOnlyList<ToolApproval>> ListAsync(string? agent, ApprovalState? state, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<ToolApproval>>(
                [.. _approvals.Values.Where(one => (agent is null || one.Agent == agent) && (state is null || one.State == state)).OrderByDescending(one => one.Asked)]);
        }
    }
}
