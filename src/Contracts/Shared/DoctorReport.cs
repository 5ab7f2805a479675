namespace Espalier.Contracts.Shared;

/// <summary>What was checked on this machine and for this agent.</summary>
public sealed record DoctorReport
{
    public required IReadOnlyList<DoctorCheck> Checks { get; init; }
}

/// <param name="Name">What was checked: <c>sandbox</c>, <c>trace store</c>, <c>contract</c>.</param>
/// <param name="Ok">False when something must be done.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to type; null when nothing is wrong.</param>
public sealed record DoctorCheck(string Name, bool Ok, string Detail, string? Fix);
