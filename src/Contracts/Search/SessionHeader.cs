namespace Espalier.Contracts.Search;

/// <summary>What a session is, before its first event.</summary>
public sealed record SessionHeader(SessionId Id, string Agent, string? Name, DateTimeOffset CreatedAt);
