using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes.Containers;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>The attempts to break out, on container engines that are here with an image that has python3: <c>ESPALIER_TEST_IMAGE</c>.</summary>
public sealed class ContainerEscapeTests
{
    private static readonly string[] Reaching =
    [
        "files", "environment", "processes", "signals", "network", "dns", "abstract_sockets", "ptrace", "namespaces", "setuid", "proc_sys_writes", "terminal", "leaked_descriptors",
    ];

    private static readonly (string Attempt, int Count)[] Taking = [("fork_bomb", 60), ("memory_bomb", 256), ("disk_bytes", 8), ("disk_files", 4096), ("descriptors", 600)];

    [Theory]
    [InlineData("podman")]
    [InlineData("docker")]
    public async Task Suite_WhereTheEngineIsPresent_Holds(string engine)
    {
        await using (var suite = new Suite(engine))
        {
            var check = await suite.CheckAsync();
            if (!check.Usable) Assert.Skip($"{engine} was NOT tested: {check.Detail}");
        }

        foreach (var attempt in Reaching)
        {
            await using var suite = new Suite(engine);
            await suite.Reach_OfTheHost_IsHeld(attempt);
        }

        foreach (var (attempt, count) in Taking)
        {
            await using var suite = new Suite(engine);
            await suite.Amount_AboveItsLimit_IsHeld(attempt, count);
        }

        await using var last = new Suite(engine);
        await last.Output_WithoutEnd_IsCutAndItsWriterEnded();
        await last.Hang_ThatIgnoresEverySignal_IsEnded();
        await last.Daemon_ThatLeftEverything_DoesNotOutliveItsParent();
    }

    private sealed class Suite : EscapeContract
    {
        private readonly TestFolder _folder = new();
        private readonly ContainerSandbox _sandbox;

        public Suite(string engine)
        {
            var options = _folder.Options(o => o.ContainerImage = Environment.GetEnvironmentVariable("ESPALIER_TEST_IMAGE"));
            // The engines' own filter lets a process trace its children, and leaves typing into its own terminal to the kernel's settings.
            NotHeld = new HashSet<string>(engine == "podman" ? ["ptrace", "terminal", "disk_files"] : ["ptrace", "terminal"]);
            _sandbox = new ContainerSandbox(engine, options.Value, NullLogger<ContainerSandbox>.Instance);
        }

        protected override ISandbox Sandbox => _sandbox;

        protected override IReadOnlySet<string> NotHeld { get; }

        public Task<SandboxCheck> CheckAsync() => _sandbox.CheckAsync(Cancel);

        public override async ValueTask DisposeAsync()
        {
            await _sandbox.DisposeAsync();
            _folder.Dispose();
            await base.DisposeAsync();
        }
    }
}
