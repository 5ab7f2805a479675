using System.Diagnostics;
using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Tools;

/// <summary>Tool servers as child processes: a clean environment, an empty folder of their own, and gone with the server.</summary>
/// <remarks>They are not in a sandbox, because what they are for is the outside. The kernel ends them when the server is killed.</remarks>
internal sealed class HostToolProcesses(IOptions<WorkersOptions> options, ILogger<HostToolProcesses> logger) : IToolProcesses, IDisposable
{
    private readonly LaunchThread _launch = new();

    public async Task<ISandboxProcess> StartAsync(ToolContract tool, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(options.Value.StateFolder), "tools", tool.Name)).FullName;
        var setpriv = Programs.Find("setpriv") ?? throw new InvalidOperationException("setpriv is not installed. apt-get install util-linux");
        var info = new ProcessStartInfo(setpriv)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var argument in (string[])["--pdeathsig", "KILL", "--no-new-privs", "/bin/sh", "-c", tool.Command!]) info.ArgumentList.Add(argument);
        info.Environment.Clear();
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        info.Environment["HOME"] = folder;
        info.Environment["LANG"] = "C.UTF-8";
        foreach (var (name, value) in variables) info.Environment[name] = value;
        return new SandboxProcess(await _launch.StartAsync(info, cancellationToken), null, awaitsMark: false, killTree: true, () => Task.CompletedTask, logger);
    }

    public void Dispose() => _launch.Dispose();
}
