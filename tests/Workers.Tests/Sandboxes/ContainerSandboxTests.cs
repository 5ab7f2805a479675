using System.Diagnostics;
using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes.Containers;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Sandboxes;

public sealed class ContainerSandboxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly SandboxSpec Spec = new()
    {
        Command = "python3 agent.py",
        SourceFolder = "/data/versions/one",
        Environment = new Dictionary<string, string> { ["KEY"] = "the-token" },
        GatewaySocket = "/run/server/gateway.sock",
        MemoryBytes = 256 << 20,
        Processes = 60,
        DiskBytes = 64 << 20,
        DiskFiles = 4096,
        OpenFiles = 512,
        Cores = 1.5,
    };

    [Fact]
    public void Run_Arguments_AreLockedDownAndLimited()
    {
        var line = string.Join(' ', Arguments(Spec));
        foreach (var part in (string[])
                 [
                     "run --rm --interactive", "--network none", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", "--ipc private", "--pull never",
                     "--user 964003:964003", "--memory 268435456 --memory-swap 268435456", "--pids-limit 64", "--cpus 1.5", "--ulimit nofile=512:512", "--log-driver none",
                     "--tmpfs /tmp:rw,exec,nosuid,nodev,mode=1777,size=67108864,nr_inodes=4096", "--tmpfs /work:rw,exec,nosuid,nodev,mode=1777,size=67108864,nr_inodes=4096",
                     "--volume /data/versions/one:/in:ro", "--volume /run/server/gateway.sock:/espalier/gw.sock", "--label espalier.server=espalier-1-2-3",
                     "--entrypoint /espalier/fwd image:1 init 8080 /espalier/gw.sock 60 /in -- /bin/sh /espalier/start python3 agent.py",
                 ])
            line.ShouldContain(part);
        line.ShouldNotContain("privileged");
        line.ShouldNotContain("the-token", Case.Sensitive, "process lists show command lines");
        line.ShouldNotContain("--runtime");
        line.Split("--volume").Length.ShouldBe(5, "nothing else of the host is mounted");
    }

    [Fact]
    public void Run_WithoutAGateway_HasNoSocket() => string.Join(' ', Arguments(Spec with { GatewaySocket = null })).ShouldContain("image:1 init 0 /espalier/gw.sock");

    [Fact]
    public void Run_OtherRuntime_IsNamed() =>
        ContainerArguments.Run(Spec, "n", "s", "image:1", "/fwd", "/start", 1, "runsc", true).ShouldContain("runsc");

    [Fact]
    public async Task StartScript_OddValues_ReachTheCommandAsTheyAre()
    {
        var script = ContainerArguments.StartScript(new Dictionary<string, string>
        {
            ["PLAIN"] = "a", ["QUOTES"] = "it's \"so\" $HOME `id`", ["LINES"] = "a\nb", ["EMPTY"] = "", ["bad-name; touch /tmp/x"] = "never",
        });
        script.ShouldNotContain("bad-name");
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "start");
        await File.WriteAllTextAsync(file, script, Cancel);
        using var started = Process.Start(new ProcessStartInfo("/bin/sh", [file, "printf '%s|' \"$PLAIN\" \"$QUOTES\" \"$LINES\" \"$EMPTY\""])
        {
            UseShellExecute = false, RedirectStandardOutput = true,
        })!;
        (await started.StandardOutput.ReadToEndAsync(Cancel)).ShouldBe("a|it's \"so\" $HOME `id`|a\nb||");
    }

    [Fact]
    public async Task Check_WithoutAnImage_SaysWhatToSet()
    {
        using var folder = new TestFolder();
        await using var sandbox = new ContainerSandbox("sh", folder.Options().Value, NullLogger<ContainerSandbox>.Instance);
        var check = await sandbox.CheckAsync(Cancel);
        (check.Usable, check.Fix!.Contains("Workers:ContainerImage", StringComparison.Ordinal)).ShouldBe((false, true));
        await using var missing = new ContainerSandbox("no-such-engine", folder.Options().Value, NullLogger<ContainerSandbox>.Instance);
        (await missing.CheckAsync(Cancel)).ShouldBe(new SandboxCheck(false, "no-such-engine is not installed", "apt-get install no-such-engine"));
    }

    private static IReadOnlyList<string> Arguments(SandboxSpec spec) =>
        ContainerArguments.Run(spec, "espalier-1-2-3-0", "espalier-1-2-3", "image:1", "/opt/fwd", "/state/0.sh", 964_003, null, true);
}
