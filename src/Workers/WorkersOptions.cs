using System.ComponentModel.DataAnnotations;
using Espalier.Core.Runs;

namespace Espalier.Workers;

/// <summary>Where and within which limits foreign code runs.</summary>
public sealed class WorkersOptions
{
    public const string Section = "Workers";

    /// <summary>Which sandbox: <c>bubblewrap</c>, <c>podman</c> or <c>docker</c>, or <c>process</c> (unsafe: for code you wrote yourself, where there is no
    /// bubblewrap).</summary>
    [Required]
    public string Sandbox { get; set; } = "bubblewrap";

    /// <summary>Folder for copies of versions and small files that sandboxes need. Default: <c>.espalier/workers</c> below the current folder.</summary>
    [Required]
    public string StateFolder { get; set; } = Path.Combine(".espalier", "workers");

    /// <summary>Path of <c>bwrap</c>; null finds it on PATH and in the usual folders.</summary>
    public string? BubblewrapPath { get; set; }

    /// <summary>Path of the sandbox's helper program; null looks beside the server and in <c>artifacts/forwarder</c> above it.</summary>
    public string? ForwarderPath { get; set; }

    /// <summary>The image that <c>podman</c> and <c>docker</c> make sandboxes of: with a shell and what agents are written in. It is never pulled.</summary>
    public string? ContainerImage { get; set; }

    /// <summary>Another runtime for containers, such as <c>runsc</c> (gVisor), which has a kernel of its own. Null: the engine's.</summary>
    public string? ContainerRuntime { get; set; }

    /// <summary>The gateway's Unix socket for agents. Null: agents have no network at all.</summary>
    public string? GatewaySocket { get; set; }

    /// <summary>The gateway's address for agents of the <c>process</c> sandbox, which share the host's network.</summary>
    public string? GatewayAddress { get; set; }

    /// <summary>Folders outside of <c>/usr</c> that programs may read, at the same path inside; a <c>bin</c> in one comes first on their PATH.
    /// Interpreters (python3, node) that PATH finds elsewhere are added by themselves.</summary>
    public IList<string> ReadOnlyPaths { get; } = [];

    /// <summary>Warm processes of one version, 0-256. 0 (default): as many as processors, for one core each is what keeps them busy.</summary>
    [Range(0, 256)]
    public int PoolSize { get; set; }

    /// <summary>Processes at once over all versions, 0-4096. 0 (default): four times the processors, at least 8, so that a few versions stay
    /// warm beside each other.</summary>
    [Range(0, 4096)]
    public int MaxProcesses { get; set; }

    /// <summary>A warm process that served nothing for this long is ended. Default 2 minutes: longer than the pauses inside a search.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Most bytes of one answer, 1 KiB - 64 MiB. Default 1 MiB: far beyond any answer, and a flood costs no memory.</summary>
    [Range(1 << 10, 64 << 20)]
    public int MaxOutputBytes { get; set; } = 1 << 20;

    /// <summary>Bytes of the private work folder and of /tmp, each, 1 MiB - 64 GiB. Default 128 MiB: they lie in memory.</summary>
    [Range(1L << 20, 64L << 30)]
    public long DiskBytes { get; set; } = 128L << 20;

    /// <summary>Processes and threads in one sandbox, 8-32768. Default 128: node takes about a dozen threads.</summary>
    [Range(8, 32768)]
    public int Processes { get; set; } = 128;

    /// <summary>Processor cores of one sandbox where control groups can be used, 0.1-1024. Default 1: a run must not slow its neighbours.</summary>
    [Range(0.1, 1024)]
    public double Cores { get; set; } = 1;

    /// <summary>Files and folders in the private work folder and in /tmp, each, 1,024 - 16,777,216. Default 32,768: each takes about a KiB of
    /// memory even when it is empty.</summary>
    [Range(1 << 10, 1 << 24)]
    public int DiskFiles { get; set; } = 32_768;

    /// <summary>Open files of one process in a sandbox, 64-1,048,576. Default 1,024, as usual on Linux.</summary>
    [Range(64, 1 << 20)]
    public int OpenFiles { get; set; } = 1024;

    /// <summary>First of the 4096 user ids that sandboxes run under when the server is root. Default 964000: no distribution hands it out.</summary>
    [Range(1000, int.MaxValue - 4096)]
    public int FirstUserId { get; set; } = 964_000;

    /// <summary>Set-up of a sandbox may take this long before it counts as failed. Default 30 seconds, a thousand times the usual.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The same start within the limits that are set for every sandbox of this server.</summary>
    internal SandboxSpec Limit(SandboxSpec spec) => spec with
    {
        Processes = Processes, DiskBytes = DiskBytes, DiskFiles = DiskFiles, OpenFiles = OpenFiles, Cores = Cores,
    };

    internal int EffectivePoolSize => PoolSize > 0 ? PoolSize : Environment.ProcessorCount;

    internal int EffectiveMaxProcesses => MaxProcesses > 0 ? MaxProcesses : Math.Max(8, 4 * Environment.ProcessorCount);
}
