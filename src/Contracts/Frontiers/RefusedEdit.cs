using Espalier.Contracts.Agents;

namespace Espalier.Contracts.Frontiers;

/// <summary>An edit that was proposed and not made, and why.</summary>
public sealed record RefusedEdit(VersionId Parent, Edit Edit, int Round, string Reason);
