namespace Espalier.Contracts.Releases;

/// <summary>Who did what to what, and why.</summary>
/// <param name="Principal">The key or person that acted.</param>
/// <param name="Action">Past-tense name: <c>release.approved</c>.</param>
/// <param name="Target">What was acted on: an id.</param>
/// <param name="Detail">One sentence or canonical JSON; never a secret, never trace text.</param>
public sealed record AuditAct(string Principal, string Action, string Target, string Detail);

/// <summary>An act in the chain: <c>Hash = SHA-256(Previous, Sequence, At, act)</c>.</summary>
public sealed record AuditEntry(long Sequence, DateTimeOffset At, AuditAct Act, string Previous, string Hash);

/// <summary>Whether the chain is whole.</summary>
/// <param name="Whole">True when every entry follows from the one before it.</param>
/// <param name="FirstBad">The first entry that does not; null when all do.</param>
public sealed record AuditCheck(bool Whole, long? FirstBad);
