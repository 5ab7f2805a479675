namespace Espalier.Storage.Git;

/// <summary>How large an agent's repository may be. Counted while listing, before any byte is kept, so that tree bombs stop.</summary>
internal static class RepositoryLimits
{
    public const int Entries = 20_000;

    public const int Depth = 32;

    public const long FileBytes = 20L << 20;

    public const long TotalBytes = 500L << 20;

    public const long PackBytes = 1L << 30;
}
