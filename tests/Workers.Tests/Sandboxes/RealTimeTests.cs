using System.Diagnostics;
using Espalier.Workers.Sandboxes;
using Espalier.Workers.Sandboxes.Bubblewrap;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>A server that runs with real-time priority starts sandboxes, and does not hand its priority on.</summary>
public sealed class RealTimeTests
{
    private const string Round = "SCHED_RR";

    [Fact]
    public async Task Launch_ByARealTimeServer_JoinsItsGroupAndGivesPriorityUp()
    {
        var helper = ForwarderProgram.Find(null).ShouldNotBeNull();
        var chrt = Programs.Find("chrt").ShouldNotBeNull("util-linux brings chrt");
        if (!(await RunAsync(chrt, "-r", "1", chrt, "-p", "0")).Contains(Round, StringComparison.Ordinal))
            Assert.Skip("This user may not take real-time priority, so nobody can hand it on.");

        var (groups, _) = ControlGroups.Detect();
        var group = groups?.Create(0, 64 << 20, 8, 1);
        try
        {
            var join = (group?.JoinFiles ?? []).SelectMany(file => (string[])["--cgroup", file]);
            var seen = await RunAsync(chrt, ["-r", "1", helper, "launch", .. join, "--", chrt, "-p", "0"]);
            seen.ShouldContain("SCHED_OTHER");
        }
        finally
        {
            if (group is not null) (await group.RemoveAsync()).ShouldBeTrue();
            groups?.RemoveOwn();
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await output + await errors;
    }
}
