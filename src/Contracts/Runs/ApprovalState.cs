namespace Espalier.Contracts.Runs;

/// <summary>What a person has said of a tool call.</summary>
public enum ApprovalState
{
    Pending,
    Approved,
    Denied,
}
