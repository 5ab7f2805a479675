namespace Espalier.Contracts.Runs;

/// <summary>What became of a file. The content of a link is the name of its target.</summary>
public enum FileChangeKind
{
    Added,
    Modified,
    Deleted,
    Link,
}
