using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
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
            var place = Workplace(spec, work);
            var port = spec.Listens ? FreePort() : 0;
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
            if (spec.Listens) info.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
            if (place is not null) info.Environment["ESPALIER_WORKSPACE"] = place;
            var process = Process.Start(info)!;
            started = new SandboxProcess(process, spec.OnStderr, awaitsMark: false, killTree: true, () => CleanUp(started, slot, work), _logger)
            {
                Port = spec.Listens ? cancel => ConnectAsync(port, cancel) : null,
                Collector = spec.Workspace is { Collected: true } ? (wait, take, cancel) => PlainFolder.CollectAsync(process, place!, wait, take, cancel) : null,
            };
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

    /// <summary>Absolute paths are the host's here, so a workspace that wants one gets a folder of that name in the work folder.</summary>
    private static string? Workplace(SandboxSpec spec, string work)
    {
        if (spec.Workspace is not { } workspace) return null;
        var place = workspace.Path is { } path ? Path.Combine(work, path.TrimStart('/')) : work;
        Copy(workspace.SourceFolder, place);
        return place;
    }

    /// <summary>Free a moment ago: with the host's network nobody can promise more.</summary>
    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static async Task<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException("The program does not listen.", e);
        }
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
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (var folder in Directory.EnumerateDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
