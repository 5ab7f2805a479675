using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Espalier.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Sandboxes.Plain;

/// <summary>No sandbox at all: a process with a clean environment, a copy of the files and limits per process. For code you wrote yourself,
/// on machines without bubblewrap; chosen by name only, and every start of the server warns.</summary>
internal sealed class ProcessSandbox : ISandbox, IHostNetwork, IAsyncDisposable
{
    public const string SandboxName = "process";

    private readonly WorkersOptions _options;
    private readonly ILogger<ProcessSandbox> _logger;
    private readonly string _works;
    private readonly Slots _slots = new(65536);
    private readonly ConcurrentDictionary<SandboxProcess, byte> _running = new();

    public ProcessSandbox(IOptions<WorkersOptions> options, ILogger<ProcessSandbox> logger)
    {
        _options = options.Value;
        _logger = logger;
        logger.UnsafeSandboxChosen();
        var all = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(_options.StateFolder), "work")).FullName;
        foreach (var left in Directory.GetDirectories(all).Where(path => ServerIdentity.IsOfDeadServer(Path.GetFileName(path))))
        {
            Directory.Delete(left, recursive: true);
            logger.LeftoverRemoved(left);
        }

        _works = Directory.CreateDirectory(Path.Combine(all, ServerIdentity.Next())).FullName;
    }

    public string Name => SandboxName;

    public string? GatewayAddress => _options.GatewayAddress?.TrimEnd('/');

    public Task<SandboxCheck> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(Programs.Find("prlimit") is null
        ? new SandboxCheck(false, "prlimit is not installed", "apt-get install util-linux")
        : new SandboxCheck(true, "UNSAFE: plain processes of the server's user, memory limited per process", null));

    public async Task<ISandboxProcess> StartAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        var check = await CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        var slot = _slots.Take();
        var work = Path.Combine(_works, slot.ToString(CultureInfo.InvariantCulture));
        SandboxProcess? started = null;
        try
        {
            Copy(spec.SourceFolder, work);
            var info = new ProcessStartInfo(Programs.Find("prlimit")!)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = work,
            };
            var bytes = spec.MemoryBytes.ToString(CultureInfo.InvariantCulture);
            foreach (var argument in (string[])[$"--data={bytes}:{bytes}", "--core=0:0", $"--nofile={spec.OpenFiles}:{spec.OpenFiles}", "/bin/sh", "-c", spec.Command])
                info.ArgumentList.Add(argument);
            info.Environment.Clear();
            info.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
            info.Environment["HOME"] = work;
            foreach (var (name, value) in spec.Environment) info.Environment[name] = value;
            started = new SandboxProcess(Process.Start(info)!, spec.OnStderr, awaitsMark: false, killTree: true, () => CleanUp(started, slot, work), _logger);
            _running.TryAdd(started, 0);
            return started;
        }
        catch
        {
            await CleanUp(started, slot, work);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_running.Keys.Select(process => process.DisposeAsync().AsTask()));
        if (Directory.Exists(_works)) Directory.Delete(_works, recursive: true);
    }

    private Task CleanUp(SandboxProcess? process, int slot, string work)
    {
        if (process is not null) _running.TryRemove(process, out _);
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        _slots.GiveBack(slot);
        return Task.CompletedTask;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.EnumerateDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
