using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Espalier.Workers.Sandboxes;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>What holds for root must hold for an ordinary user: as root, the sandboxes' tests are run once more as nobody.</summary>
public sealed partial class OrdinaryUserTests
{
    private const int Nobody = 65534;

    /// <summary>The attempts to break out alone are more than this many.</summary>
    private const int AtLeast = 60;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sandboxes_AsAnOrdinaryUser_PassTheSameTests()
    {
        // Started by an ordinary user, this program is that run itself.
        if (!Environment.IsPrivilegedProcess) return;
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        if (await RunAsync(["test", "-x", Path.Combine(dotnet, "dotnet")], "/") is not { Code: 0 }) NotHere($"nobody cannot read {dotnet}");
        if (await RunAsync(["python3", "-c", ""], "/") is not { Code: 0 }) NotHere("nobody has no python3 in /usr/bin");
        if (await RunAsync(["unshare", "--user", "true"], "/") is not { Code: 0 }) NotHere("nobody may make no user namespaces (kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)");

        using var folder = new TestFolder();
        var program = Path.Combine(folder.Path, "program");
        await PrepareAsync("cp", "-r", AppContext.BaseDirectory, program);
        await PrepareAsync("cp", ForwarderProgram.Find(null).ShouldNotBeNull(), program);
        var home = Directory.CreateDirectory(Path.Combine(folder.Path, "home")).FullName;
        await PrepareAsync("chmod", "-R", "a+rX", folder.Path);
        await PrepareAsync("chown", Nobody.ToString(CultureInfo.InvariantCulture), home);

        var (code, output) = await RunAsync(
            [
                $"{program}/Espalier.Workers.Tests", "-noColor", "-class", typeof(BubblewrapEscapeTests).FullName!, "-class", typeof(ProcessEscapeTests).FullName!,
                "-class", typeof(BubblewrapSandboxTests).FullName!, "-class", typeof(ProcessSandboxTests).FullName!, "-class", typeof(EscapeTests).FullName!,
                "-class", typeof(OverlayTests).FullName!,
            ],
            home, $"DOTNET_ROOT={dotnet}");
        code.ShouldBe(0, output);
        var totals = Totals().Match(output);
        totals.Success.ShouldBeTrue(output);
        int.Parse(totals.Groups[1].Value, CultureInfo.InvariantCulture).ShouldBeGreaterThan(AtLeast, output);
        totals.Groups[2].Value.ShouldBe("0", output);
    }

    private static async Task PrepareAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(Cancel);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] command, string home, params string[] variables)
    {
        var user = Nobody.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(Programs.Find("setpriv").ShouldNotBeNull("util-linux brings setpriv"))
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = home,
        };
        string[] all =
        [
            "--reuid", user, "--regid", user, "--clear-groups", "env", "-i", "PATH=/usr/bin:/bin", $"HOME={home}", $"TMPDIR={home}",
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", .. variables, .. command,
        ];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output);
    }

    private static void NotHere(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"Sandboxes cannot be tested as an ordinary user: {why}.");
        Assert.Skip($"Sandboxes were NOT tested as an ordinary user: {why}.");
    }

    [GeneratedRegex(@"Total: (\d+), Errors: 0, Failed: 0, Skipped: (\d+)")]
    private static partial Regex Totals();
}
