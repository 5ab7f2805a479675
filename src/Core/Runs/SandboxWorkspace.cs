namespace Espalier.Core.Runs;

/// <summary>Files that a program works on, a private copy for it. Its variable <c>ESPALIER_WORKSPACE</c> names the folder.</summary>
public sealed record SandboxWorkspace
{
    /// <summary>Folder on the host with the files.</summary>
    public required string SourceFolder { get; init; }

    /// <summary>Absolute path inside, such as <c>/app</c>; null lays them over the program's work folder.</summary>
    public string? Path { get; init; }

    /// <summary>True when <see cref="ISandboxProcess.CollectAsync"/> will ask for the folder's files at the end.</summary>
    public bool Collected { get; init; }
}
