using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;

namespace Espalier.Contracts.Releases;

/// <summary>One move of traffic from the baseline to another version, folded from its events.</summary>
public sealed record Release
{
    public required ReleaseId Id { get; init; }

    public required string Agent { get; init; }

    public required VersionId Version { get; init; }

    public required VersionId Baseline { get; init; }

    public SessionId? Session { get; init; }

    public required ReleaseState State { get; init; }

    /// <summary>What an approval must repeat, so that what goes out is what was shown.</summary>
    public required string Digest { get; init; }

    public required DateTimeOffset At { get; init; }
}

public enum ReleaseState
{
    AwaitingApproval,
    Full,
    RolledBack,
    Replaced,
}
