using System.Collections.Concurrent;
using System.Diagnostics;
using Espalier.Contracts.Agents;
using Espalier.Core.Runs;

namespace Espalier.Testing.Fakes;

/// <summary>Tool servers as plain child processes, which a test can end.</summary>
public sealed class PlainToolProcesses : IToolProcesses
{
    public ConcurrentQueue<ISandboxProcess> Started { get; } = new();

    public Task<ISandboxProcess> StartAsync(ToolContract tool, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add($"exec {tool.Command}");
        info.Environment.Clear();
        info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        foreach (var (name, value) in variables) info.Environment[name] = value;
        var started = new Child(Process.Start(info)!);
        Started.Enqueue(started);
        return Task.FromResult<ISandboxProcess>(started);
    }

    private sealed class Child(Process process) : ISandboxProcess
    {
        public Stream StandardInput => process.StandardInput.BaseStream;

        public Stream StandardOutput => process.StandardOutput.BaseStream;

        public string StderrTail => "";

        public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }

        public void Kill()
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It ended by itself.
            }
        }

        public async ValueTask DisposeAsync()
        {
            Kill();
            await WaitForExitAsync(CancellationToken.None);
        }
    }
}
