using System.Globalization;
using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes.Plain;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>The sandbox that is none holds memory, output and hanging; the rest is listed, and seen not to be held.</summary>
public sealed class ProcessEscapeTests : EscapeContract
{
    private readonly TestFolder _folder = new();
    private readonly ProcessSandbox _sandbox;

    public ProcessEscapeTests() => _sandbox = new ProcessSandbox(_folder.Options(), NullLogger<ProcessSandbox>.Instance);

    protected override ISandbox Sandbox => _sandbox;

    protected override IReadOnlySet<string> NotHeld { get; } = new HashSet<string>(
    [
        "files", "environment", "processes", "signals", "network", "dns", "abstract_sockets", "ptrace", "namespaces", "setuid", "proc_sys_writes", "terminal",
        "leaked_descriptors", "fork_bomb", "disk_bytes", "disk_files", "outlive",
        // Root with all its rights raises its own limits.
        .. MayRaiseLimits() ? (string[])["descriptors"] : [],
    ]);

    /// <summary>CAP_SYS_RESOURCE, the 24th bit.</summary>
    private static bool MayRaiseLimits() => File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal)) is var line
        && (ulong.Parse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << 24)) != 0;

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
