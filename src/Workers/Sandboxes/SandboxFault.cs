namespace Espalier.Workers.Sandboxes;

/// <summary>A sandbox could not be set up on a machine where others can: the program was never started.</summary>
internal sealed class SandboxFault(string what, string stderr) : Exception(what)
{
    public string Stderr { get; } = stderr;
}
