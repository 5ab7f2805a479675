using System.Diagnostics;
using System.Security.Cryptography;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Agents;

/// <summary>A program written with a vendor's own SDK: installed once by its lock file, then run with nothing but variables of the environment.</summary>
internal sealed class AgentProgram
{
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly string _file;
    private readonly string[] _arguments;
    private readonly string _folder;

    private AgentProgram(string file, string folder, params string[] arguments) => (_file, _folder, _arguments) = (file, folder, arguments);

    /// <summary>Skips the test where the program or what it needs cannot be had; on CI that is a failure.</summary>
    public static async Task<AgentProgram> InstallAsync(string name)
    {
        var source = SharedFiles.Require("agents", name);
        if (File.Exists(Path.Combine(source, "agent.py"))) return new AgentProgram("python3", source, Path.Combine(source, "agent.py"));
        await Installing.WaitAsync(GatewayHost.Cancellation);
        try
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Directory.GetFiles(source).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes).ToArray()))[..12];
            var folder = Path.Combine(SharedFiles.Checkout(), "artifacts", "agents", $"{name}-{hash}");
            var isNode = File.Exists(Path.Combine(source, "package.json"));
            var done = Path.Combine(folder, ".installed");
            if (!File.Exists(done))
            {
                Directory.CreateDirectory(folder);
                foreach (var file in Directory.GetFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
                // What the repository says about its own projects and packages does not hold for this one.
                if (!isNode)
                    foreach (var stop in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
                        await File.WriteAllTextAsync(Path.Combine(folder, stop), "<Project />", GatewayHost.Cancellation);
                var install = isNode
                    ? new AgentProgram("npm", folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
                    : new AgentProgram("dotnet", folder, "build", "-c", "Release", "-o", "out", "-v", "q", "-p:UseAppHost=false");
                var (code, output, error) = await install.RunAsync(new Dictionary<string, string>(), inherit: true);
                if (code != 0) NotHere($"{name} could not be installed: {output} {error}");
                await File.WriteAllTextAsync(done, "", GatewayHost.Cancellation);
            }

            return isNode ? new AgentProgram("node", folder, "agent.mjs") : new AgentProgram("dotnet", folder, Path.Combine("out", "dotnet-agent.dll"));
        }
        finally
        {
            Installing.Release();
        }
    }

    /// <param name="environment">All that the program gets beside what any process needs.</param>
    /// <param name="inherit">Whether it gets this process's own variables too.</param>
    public async Task<(int Code, string Output, string Error)> RunAsync(IReadOnlyDictionary<string, string> environment, bool inherit = false)
    {
        var start = new ProcessStartInfo(_file, _arguments)
        {
            WorkingDirectory = _folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (!inherit)
        {
            foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "TMPDIR" or "DOTNET_ROOT")).ToList()) start.Environment.Remove(name);
            foreach (var (name, value) in environment) start.Environment[name] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            NotHere($"'{_file}' does not start: {e.Message}");
            throw;
        }

        using (process)
        {
            process.StandardInput.Close();
            var (output, error) = (process.StandardOutput.ReadToEndAsync(GatewayHost.Cancellation), process.StandardError.ReadToEndAsync(GatewayHost.Cancellation));
            await process.WaitForExitAsync(GatewayHost.Cancellation);
            return (process.ExitCode, await output, await error);
        }
    }

    private static void NotHere(string why)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(why);
        Assert.Skip($"The program cannot be had on this machine: {why}");
    }
}
