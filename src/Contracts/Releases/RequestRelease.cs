using Espalier.Contracts.Search;

namespace Espalier.Contracts.Releases;

/// <summary>Asks for a version to serve production. Nothing changes before the approval.</summary>
public sealed record RequestRelease
{
    public required string Agent { get; init; }

    /// <summary>A SHA or a prefix of at least 4 digits.</summary>
    public required string Version { get; init; }

    /// <summary>The session whose evidence speaks for it; null takes the newest one that confirmed it.</summary>
    public SessionId? Session { get; init; }
}
