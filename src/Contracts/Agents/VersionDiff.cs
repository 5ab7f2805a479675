namespace Espalier.Contracts.Agents;

/// <summary>What changed between two versions, as a unified diff.</summary>
public sealed record VersionDiff(VersionId From, VersionId To, string Patch);
