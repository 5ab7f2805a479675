using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Checks;

namespace Espalier.Gateway.Policies.Guardrails.Approval;

/// <summary>Tool calls that wait for a person's word. Equal calls are one approval: agent, guardrail, tool and arguments (as JSON, their order aside) make its id.</summary>
public sealed class ApprovalDesk(IApprovalStore store, TimeProvider time)
{
    private const int IdDigits = 24;

    /// <summary>Newest first.</summary>
    /// <param name="agent">Null for all.</param>
    /// <param name="state">Null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<IReadOnlyList<ToolApproval>> ListAsync(string? agent, ApprovalState? state, CancellationToken cancellationToken) => store.ListAsync(agent, state, cancellationToken);

    /// <exception cref="Refusal">There is none.</exception>
    public async Task<ToolApproval> FindAsync(string id, CancellationToken cancellationToken) => await store.FindAsync(id, cancellationToken) ?? throw Missing(id);

    /// <summary>Says yes or no; a later word replaces an earlier one.</summary>
    /// <exception cref="Refusal">There is none.</exception>
    public async Task<ToolApproval> DecideAsync(string id, bool approve, string by, CancellationToken cancellationToken) =>
        await store.UpdateAsync(
            id,
            approval => approval with
            {
                State = approve ? ApprovalState.Approved : ApprovalState.Denied,
                Decided = time.GetUtcNow(),
                DecidedBy = by,
                Expires = time.GetUtcNow() + approval.Valid,
                UsesLeft = approve ? approval.Uses : 0,
            },
            cancellationToken) ?? throw Missing(id);

    /// <summary>Null when the call may go; one use of its approval is spent when it does.</summary>
    internal async Task<CallFinding?> AskAsync(GuardedCall call, TimeSpan valid, int uses, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var arguments = ReplyFacts.Canonical(call.Arguments);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{call.Run.Agent}\n{call.Guard}\n{call.Tool}\n{arguments}"));
        var asked = new ToolApproval
        {
            Id = $"appr_{Convert.ToHexStringLower(hash)[..IdDigits]}",
            Agent = call.Run.Agent,
            Version = call.Run.Version,
            Guardrail = call.Guard,
            Tool = call.Tool,
            Arguments = arguments,
            TraceId = call.Run.TraceId,
            State = ApprovalState.Pending,
            Asked = now,
            Valid = valid,
            Uses = uses,
        };
        var goes = false;
        var kept = await store.AskAsync(
            asked,
            known =>
            {
                if (known.State == ApprovalState.Pending) return known;
                // What was approved and used up, or has lapsed, is asked anew: yesterday's yes is no yes of today.
                if (known.Expires <= now) return asked;
                if (known.State == ApprovalState.Denied) return known;
                if (known.UsesLeft == 0) return asked;
                goes = true;
                return call.IsLast ? known with { UsesLeft = known.UsesLeft - 1 } : known;
            },
            cancellationToken);
        if (goes) return null;
        return kept.State == ApprovalState.Denied
            ? new CallFinding($"'{call.Tool}' was denied ({kept.Id})")
            {
                Code = "approval_denied",
                Message = $"The model's call of the tool '{call.Tool}' was denied by {kept.DecidedBy} (approval {kept.Id}). Do not ask for it again before {kept.Expires:u}.",
            }
            : new CallFinding($"'{call.Tool}' waits for approval ({kept.Id})")
            {
                Code = "approval_required",
                Message = $"The model's call of the tool '{call.Tool}' waits for a person: approval {kept.Id}. POST /api/v1/approvals/{kept.Id}/approve lets it through; then send the request again.",
            };
    }

    private static Refusal Missing(string id) =>
        new("approval-not-found", 404, $"There is no approval '{id}'.", "GET /api/v1/approvals lists them.");
}
