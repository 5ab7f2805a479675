namespace Espalier.Contracts.Releases;

/// <summary>Approves what was shown: the digest must be the release's.</summary>
public sealed record ApproveRelease
{
    public required string Digest { get; init; }
}
