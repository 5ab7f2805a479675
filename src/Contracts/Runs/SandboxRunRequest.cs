using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>Any command, to be run exactly as a candidate would be. A limit that is left out is the agent's when one is named, else the server's.</summary>
public sealed record SandboxRunRequest
{
    /// <summary>A shell command line; left out, the agent's own command.</summary>
    public string? Command { get; init; }

    /// <summary>Absolute path on the server's machine of the folder whose files the command finds, as a private copy without <c>.git</c> and <c>.espalier</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Standard input, which ends after it; left out, there is none.</summary>
    public string? Input { get; init; }

    /// <summary>The agent whose contract gives limits, variables and model policies; left out, none.</summary>
    public string? Agent { get; init; }

    /// <summary>Wall time; 1 second to 1 hour; 60 seconds without an agent.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>At least 16 MiB.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Processes and threads, 8 to 32,768.</summary>
    public int? Processes { get; init; }

    /// <summary>Open files of one process, 64 to 1,048,576.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Bytes of the work folder and of /tmp, each; at least 1 MiB.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Files and folders in the work folder and in /tmp, each; 64 to 16,777,216.</summary>
    public int? DiskFiles { get; init; }

    /// <summary>Processor cores, 0.1 to 1,024.</summary>
    public double? Cores { get; init; }

    /// <summary>Most bytes of standard output, 1 KiB to 64 MiB.</summary>
    public int? OutputBytes { get; init; }

    /// <summary>Most that it may spend on models; 0.50 USD without an agent.</summary>
    public Usd? Budget { get; init; }
}
