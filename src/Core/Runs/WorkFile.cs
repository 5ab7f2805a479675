namespace Espalier.Core.Runs;

/// <summary>A file that a program left in its folder. What it says of itself is the program's word.</summary>
/// <param name="Path">Relative, as the program named it: anything but <c>/</c> at the start.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of the content; of a link, of its target's name.</param>
public readonly record struct WorkFile(string Path, WorkFileKind Kind, long Size);

/// <summary>A link's content is the name of its target.</summary>
public enum WorkFileKind
{
    File,
    Executable,
    Link,
}
