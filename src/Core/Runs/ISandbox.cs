namespace Espalier.Core.Runs;

/// <summary>An isolated place to start a program in: no network but the gateway's socket, nothing of the host readable, limits on everything.</summary>
public interface ISandbox
{
    /// <summary>The word in configuration: <c>bubblewrap</c>, <c>process</c>.</summary>
    string Name { get; }

    /// <summary>Whether it can be used on this machine; when not, what to install or switch on.</summary>
    Task<SandboxCheck> CheckAsync(CancellationToken cancellationToken);

    Task<ISandboxProcess> StartAsync(SandboxSpec spec, CancellationToken cancellationToken);
}

/// <param name="Usable">True when programs can be started.</param>
/// <param name="Detail">Version and limits in force, or what is missing.</param>
/// <param name="Fix">What to type; null when usable.</param>
public sealed record SandboxCheck(bool Usable, string Detail, string? Fix);

/// <summary>What to start, with what, and within which limits.</summary>
public sealed record SandboxSpec
{
    /// <summary>Run by <c>/bin/sh -c</c> inside, in the work folder.</summary>
    public required string Command { get; init; }

    /// <summary>Folder on the host whose files the program finds, writable and private to it, in its work folder.</summary>
    public required string SourceFolder { get; init; }

    /// <summary>The whole environment besides PATH and HOME.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Unix socket of the gateway on the host; inside it answers on <c>http://127.0.0.1:GatewayPort</c>. Null: no network at all.</summary>
    public string? GatewaySocket { get; init; }

    public int GatewayPort { get; init; } = 8080;

    /// <summary>True when the program serves HTTP on the port that its variable <c>PORT</c> names; reached by <see cref="ISandboxProcess.ConnectAsync"/>.</summary>
    public bool Listens { get; init; }

    /// <summary>More files that the program finds and works on; null for none.</summary>
    public SandboxWorkspace? Workspace { get; init; }

    public long MemoryBytes { get; init; } = 512L << 20;

    public int Processes { get; init; } = 128;

    /// <summary>Size of the private work folder and of /tmp, each.</summary>
    public long DiskBytes { get; init; } = 128L << 20;

    /// <summary>Files and folders in the private work folder and in /tmp, each: empty ones take memory too.</summary>
    public int DiskFiles { get; init; } = 32_768;

    /// <summary>Open files of one process.</summary>
    public int OpenFiles { get; init; } = 1024;

    /// <summary>Processor cores, where they can be limited.</summary>
    public double Cores { get; init; } = 1;

    /// <summary>Gets what the program writes to standard error, a piece at a time, while it writes it. A slow one slows the program. Null: nobody does.</summary>
    public Func<ReadOnlyMemory<byte>, ValueTask>? OnStderr { get; init; }
}
