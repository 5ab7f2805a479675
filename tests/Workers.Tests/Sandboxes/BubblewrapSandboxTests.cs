using System.Diagnostics;
using System.Globalization;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Testing.Contracts;
using Espalier.Workers.Sandboxes;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

public sealed class BubblewrapSandboxTests : SandboxContract
{
    private readonly TestFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox;

    public BubblewrapSandboxTests() => _sandbox = _folder.Bubblewrap();

    protected override ISandbox Sandbox => _sandbox;

    [Fact]
    public async Task Check_MissingBubblewrap_SaysWhatToInstall()
    {
        await using var sandbox = _folder.Bubblewrap(options => options.BubblewrapPath = "/nowhere/bwrap");
        (await sandbox.CheckAsync(Cancel)).ShouldBe(new SandboxCheck(false, "bubblewrap is not installed at /nowhere/bwrap", "apt-get install bubblewrap"));
    }

    [Fact]
    public async Task Start_MissingHelper_RefusesWithTheFix()
    {
        await using var sandbox = _folder.Bubblewrap(options => options.ForwarderPath = "/nowhere/forwarder");
        var check = await sandbox.CheckAsync(Cancel);
        check.Usable.ShouldBeFalse();
        check.Detail.ShouldContain("/nowhere/forwarder");
        check.Fix.ShouldNotBeNull().ShouldContain("eng/forwarder/build.sh");
        (await Should.ThrowAsync<Refusal>(() => sandbox.StartAsync(Spec("true"), Cancel))).Code.ShouldBe("sandbox-unavailable");
    }

    [Fact]
    public async Task Start_SetUpFails_IsAFaultWithItsWords()
    {
        var spec = Spec("true") with { SourceFolder = "/nowhere/source" };
        (await Should.ThrowAsync<SandboxFault>(() => _sandbox.StartAsync(spec, Cancel))).Stderr.ShouldContain("/nowhere/source");
    }

    [Fact]
    public async Task Stderr_ProgramForgesTheMark_StaysText() =>
        (await RunAsync("printf '\\001ready\\nbwrap: not true' >&2")).Stderr.ShouldContain("ready\nbwrap: not true");

    [Fact]
    public async Task Start_ParallelWithExits_SurvivesThreadPoolChanges()
    {
        // The parent-death signal follows the thread that started a sandbox: all are started from one that stays.
        await using var process = await Task.Run(() => _sandbox.StartAsync(Spec("cat"), Cancel), Cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync("true")));
        process.StandardInput.Close();
        (await process.WaitForExitAsync(Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task Dispose_OfSandbox_EndsWhatRuns()
    {
        var mark = Mark();
        var process = await _sandbox.StartAsync(Spec($"echo up; exec sleep {mark}"), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("up");
        await _sandbox.DisposeAsync();
        Living(mark).ShouldBe(0);
    }

    [Fact]
    public async Task Dispose_DaemonThatLeftItsSession_IsGone()
    {
        var mark = Mark();
        Write("daemon.py", $"""
            import os, sys
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    for fd in range(3): os.close(fd)
                    os.execvp("sleep", ["sleep", "{mark}"])
                os._exit(0)
            os.wait()
            print("started", flush=True)
            sys.stdin.read()
            """);
        var process = await _sandbox.StartAsync(Spec("python3 daemon.py"), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("started");
        while (Living(mark) == 0) await Task.Yield();
        await process.DisposeAsync();
        while (Living(mark) != 0) await Task.Yield();
    }

    [Fact]
    public async Task ControlGroups_DeadServersLeftovers_AreSwept()
    {
        var (groups, why) = ControlGroups.Detect();
        if (groups is null)
        {
            why.ShouldNotBeEmpty();
            return;
        }

        var group = groups.Create(0, 64 << 20, 8, 1);
        group.JoinFiles.ShouldAllBe(file => File.Exists(file));
        var own = Path.GetDirectoryName(Path.GetDirectoryName(group.JoinFiles.First()))!;
        var dead = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(own)!, $"espalier-{Environment.ProcessId}-1-1", "0")).Parent!;
        (await groups.SweepAsync()).ShouldContain(dead.FullName);
        Directory.Exists(dead.FullName).ShouldBeFalse();
        Directory.Exists(own).ShouldBeTrue("a live server's groups stay");
        (await group.RemoveAsync()).ShouldBeTrue();
        groups.RemoveOwn();
        Directory.Exists(own).ShouldBeFalse();
    }

    [Fact]
    public async Task Launch_InheritedDescriptors_AreClosed()
    {
        var helper = ForwarderProgram.Find(null).ShouldNotBeNull();
        var info = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", "exec 7</etc/passwd 9</etc/group; exec \"$0\" launch -- /bin/ls /proc/self/fd", helper])
            info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        var listed = await process.StandardOutput.ReadToEndAsync(Cancel);
        listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["0", "1", "11", "2", "3"]);
    }

    [Fact]
    public async Task Limits_OpenFilesAndCores_AreSet() =>
        (await RunAsync("ulimit -n; ulimit -c")).Output.ShouldBe(string.Create(CultureInfo.InvariantCulture, $"{1024}\n{0}"));

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
