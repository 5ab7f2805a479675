using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

/// <summary>What every sandbox must do, safe or not. Isolation is tested per backend.</summary>
public abstract class SandboxContract : SandboxTrials
{
    [Fact]
    public async Task Check_ThisMachine_IsUsable()
    {
        var check = await Sandbox.CheckAsync(Cancel);
        check.Usable.ShouldBeTrue($"{check.Detail}; {check.Fix}");
        check.Fix.ShouldBeNull();
    }

    [Fact]
    public async Task Start_Input_ReachesProgramAndOutputComesBack()
    {
        var (code, output, _) = await RunAsync("cat; exit 7", "one\ntwo");
        output.ShouldBe("one\ntwo");
        code.ShouldBe(7);
    }

    [Fact]
    public async Task Start_SourceFolder_IsWritablePrivateCopy()
    {
        Write("deep/er/file.txt", "original");
        Write("run.sh", "echo ran");
        using (var chmod = Process.Start("chmod", ["+x", Path.Combine(Source, "run.sh")])) await chmod.WaitForExitAsync(Cancel);
        var (code, output, stderr) = await RunAsync("cat deep/er/file.txt && echo changed > deep/er/file.txt && echo more > new && rm run.sh");
        code.ShouldBe(0, stderr);
        output.ShouldBe("original");
        File.ReadAllText(Path.Combine(Source, "deep/er/file.txt")).ShouldBe("original");
        File.Exists(Path.Combine(Source, "new")).ShouldBeFalse();
        (await RunAsync("test -x run.sh && cat deep/er/file.txt")).Output.ShouldBe("original");
    }

    [Fact]
    public async Task Start_HostVariable_IsNotInherited()
    {
        Environment.SetEnvironmentVariable("ESPALIER_TEST_SECRET", "hunter2");
        var (_, output, _) = await RunAsync("env", environment: new Dictionary<string, string> { ["MARK"] = "with = and\nline" });
        output.ShouldContain("MARK=with = and\nline");
        output.ShouldContain("HOME=");
        output.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Exit_BySignal_Is128PlusSignal() => (await RunAsync("kill -TERM $$")).Code.ShouldBe(143);

    [Fact]
    public async Task Start_UnknownCommand_Exits127WithItsName()
    {
        var (code, _, stderr) = await RunAsync("no-such-program");
        code.ShouldBe(127);
        stderr.ShouldContain("no-such-program");
    }

    [Fact]
    public async Task Python_IsFound()
    {
        var (code, output, stderr) = await RunAsync("python3 -c 'import json, ssl, urllib.request; print(json.dumps([1]))'");
        code.ShouldBe(0, stderr);
        output.ShouldBe("[1]");
    }

    [Fact]
    public async Task Stderr_Flood_KeepsLast4KiB()
    {
        var (_, _, stderr) = await RunAsync("python3 -c 'import sys; sys.stderr.write(\"x\" * 3000000 + \"the end\")'");
        stderr.ShouldEndWith("the end");
        stderr.Length.ShouldBe(4096);
    }

    [Fact]
    public async Task Kill_RunningProgram_CompletesWait()
    {
        await using var process = await Sandbox.StartAsync(Spec("sleep 1000"), Cancel);
        process.Kill();
        (await process.WaitForExitAsync(Cancel)).ShouldBe(137);
        process.Kill();
    }

    [Fact]
    public async Task Dispose_ProgramWithChildren_LeavesNone()
    {
        var mark = Mark();
        var process = await Sandbox.StartAsync(Spec($"sleep {mark} & sleep {mark} & echo started; wait"), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("started");
        while (Living(mark) < 2) await Task.Yield();
        await process.DisposeAsync();
        await process.DisposeAsync();
        Living(mark).ShouldBe(0);
    }

    [Fact]
    public async Task Start_ManyAtOnce_AnswerTheirOwn()
    {
        var outputs = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => RunAsync("cat", $"input {i}")));
        outputs.Select(end => end.Output).ShouldBe(Enumerable.Range(0, 16).Select(i => $"input {i}"));
    }
}
