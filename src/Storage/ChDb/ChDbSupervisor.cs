using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Storage.ClickHouse;
using Espalier.Storage.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Espalier.Storage.ChDb;

/// <summary>Keeps one engine process running for as long as the server runs. A crash of the native library costs its callers a retry.</summary>
/// <remarks>The process gets one folder, one key and a memory cap. It stops when its input closes, so it never outlives the server.</remarks>
public sealed class ChDbSupervisor : BackgroundService
{
    private const int BadArguments = 2;
    private const int CannotOpen = 4;

    // 107 bytes is what the system allows in the address of a socket.
    private const int MostSocketBytes = 100;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StablePeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly ChDbOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ChDbSupervisor> _logger;
    private readonly string _folder;
    private readonly string _keyFile;
    private volatile ChDbStatus _status = new() { Running = false, Restarts = 0, LastLines = [] };
    private volatile ChDbChild? _child;
    private DataFolderLock? _owner;

    public ChDbSupervisor(ChDbOptions options, TimeProvider time, ILogger<ChDbSupervisor> logger)
    {
        if (options.MemoryMib < 400) throw new ArgumentException($"{ChDbOptions.Section}:MemoryMib is {options.MemoryMib}; at least 400 MiB are needed.", nameof(options));
        (_options, _time, _logger) = (options, time, logger);
        // The engine breaks on a relative path once it syncs its files.
        _folder = Path.GetFullPath(options.Path);
        // Names of this server alone: another one that is pointed at the same folder must not reach this one's engine, nor change its key.
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        _keyFile = Path.Combine(_folder, $"{name}.key");
        var socket = Path.Combine(_folder, $"{name}.socket");
        if (Encoding.UTF8.GetByteCount(socket) > MostSocketBytes)
            socket = Path.Combine(Directory.CreateTempSubdirectory("espalier-").FullName, $"{name}.socket");
        Endpoint = new()
        {
            BaseAddress = new("http://chdb/"),
            Socket = socket,
            Key = Convert.ToHexString(RandomNumberGenerator.GetBytes(32)),
            Problem = () => _status.Problem,
        };
    }

    public ChDbStatus Status => _status with { LastLines = _child?.LastLines() ?? _status.LastLines };

    internal ClickHouseEndpoint Endpoint { get; }

    public override void Dispose()
    {
        if (_owner is not null) File.Delete(_keyFile);
        _owner?.Dispose();
        var socketFolder = Path.GetDirectoryName(Endpoint.Socket)!;
        if (socketFolder != _folder && Directory.Exists(socketFolder)) Directory.Delete(socketFolder, recursive: true);
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host waits for the first step of every service; starting the process must not hold up the others.
        await Task.Yield();
        var pause = FirstPause;
        try
        {
            while (true)
            {
                var began = _time.GetTimestamp();
                await RunOnceAsync(stoppingToken);
                if (_time.GetElapsedTime(began) > StablePeriod) pause = FirstPause;
                await Task.Delay(pause, _time, stoppingToken);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            if (_child is { } last)
            {
                await last.StopAsync(StopPatience, _time);
                last.Dispose();
                _child = null;
                _status = _status with { Running = false, ProcessId = null };
            }
        }
    }

    private async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var library = ChDbLibrary.Find(_options.Library);
        var executable = ChDbExecutable.Find(_options.Executable);
        if (library is null || executable is null)
        {
            // Looked for again after a pause: once it is installed, the server need not be restarted.
            Report(library is null ? ChDbLibrary.HowToGet(_options.Library) : ChDbExecutable.HowToGet(_options.Executable));
            return;
        }

        ChDbChild started;
        try
        {
            Own();
            started = ChDbChild.Start(StartInfo(executable, library));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or StorageFault or System.ComponentModel.Win32Exception)
        {
            Report(error is StorageFault ? error.Message : $"The engine's process could not be started: {error.Message}");
            return;
        }

        _child = started;
        var began = _time.GetTimestamp();
        if (await started.WaitReadyAsync(_options.StartTimeout, _time, stoppingToken))
        {
            _status = _status with { Running = true, Problem = null, ProcessId = started.Id, Library = library };
            ChDbLog.Started(_logger, started.Id, (long)_time.GetElapsedTime(began).TotalMilliseconds, _folder);
            await WatchAsync(started, stoppingToken);
        }
        else
        {
            started.Kill();
        }

        // Waits for the end of its output too, so the last words are complete.
        await started.WaitExitAsync(stoppingToken);
        Bury(started);
    }

    private void Bury(ChDbChild ended)
    {
        var lines = ended.LastLines();
        var restarts = _status.Restarts + 1;
        _status = _status with { Running = false, ProcessId = null, Restarts = restarts, LastLines = lines };
        ChDbLog.Ended(_logger, ended.Id, ended.ExitCode, restarts, lines.Count > 0 ? lines[^1] : "none");
        // Codes of the executable itself: it said what is wrong, and waiting alone will not mend it.
        if (ended.ExitCode is >= BadArguments and <= CannotOpen && lines.Count > 0) Report(lines[^1]);
        _child = null;
        ended.Dispose();
    }

    private void Report(string problem)
    {
        if (_status.Problem != problem) ChDbLog.CannotRun(_logger, problem);
        _status = _status with { Running = false, Problem = problem };
    }

    private async Task WatchAsync(ChDbChild running, CancellationToken stoppingToken)
    {
        using var client = new ClickHouseClient(Endpoint, new ClickHouseOptions(), _time);
        var exit = running.WaitExitAsync(stoppingToken);
        var silences = 0;
        while (await Task.WhenAny(exit, Task.Delay(_options.HealthInterval, _time, stoppingToken)) != exit)
        {
            stoppingToken.ThrowIfCancellationRequested();
            silences = await client.PingAsync(stoppingToken) ? 0 : silences + 1;
            if (silences < 2) continue;
            ChDbLog.WasSilent(_logger, running.Id);
            running.Kill();
        }

        await exit;
    }

    private System.Diagnostics.ProcessStartInfo StartInfo(string executable, string library)
    {
        var info = ChDbExecutable.StartInfo(executable);
        info.WorkingDirectory = _folder;
        foreach (var argument in (string[])
            [
                "--library", library,
                "--path", _folder,
                "--socket", Endpoint.Socket!,
                "--key-file", _keyFile,
                "--memory", _options.MemoryMib.ToString(CultureInfo.InvariantCulture),
                "--exit-with-parent",
            ])
            info.ArgumentList.Add(argument);
        return info;
    }

    // The engine locks the folder too, but a server that has lost must not come so far as to write there.
    private void Own()
    {
        if (_owner is not null) return;
        PrivateFolder.Create(_folder);
        _owner = DataFolderLock.Take(_folder);
        // Of servers that were killed; sockets of theirs answer no more.
        foreach (var left in Directory.EnumerateFiles(_folder).Where(f => Path.GetExtension(f) is ".key" or ".socket")) File.Delete(left);
        // A file and not an argument: arguments are visible to every user of the machine.
        using var file = new FileStream(_keyFile, PrivateFolder.NewFile());
        file.Write(Encoding.ASCII.GetBytes(Endpoint.Key + "\n"));
    }
}
