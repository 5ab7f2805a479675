namespace Espalier.Contracts.Runs;

/// <summary>A piece of what a command in a sandbox wrote, as it wrote it.</summary>
/// <param name="Stream">1: standard output, 2: standard error.</param>
/// <param name="Bytes">As they came; a piece may end in the middle of a letter.</param>
public sealed record SandboxRunOutput(int Stream, byte[] Bytes);
