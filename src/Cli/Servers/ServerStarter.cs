using Espalier.Cli.Output;
using Espalier.Contracts.Shared;
using Espalier.Sdk;

namespace Espalier.Cli.Servers;

/// <summary>Gets a local server for a data folder: the one that runs, else a new one. Two commands at once start one server.</summary>
internal sealed class ServerStarter(Invocation invocation, ServerFolder folder)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A server that answers and lacks something still lists, compares and rolls back: it is used, with a warning.
    private static readonly TimeSpan TroublePatience = TimeSpan.FromSeconds(5);

    private TimeProvider Time => invocation.Terminal.Time;

    /// <summary>The server that serves the folder now; null when none answers, whatever its file says.</summary>
    public async Task<ServerAddress?> FindAsync(CancellationToken cancellationToken)
    {
        if (folder.ReadInfo() is not { } info || !ServerProcess.IsAlive(info.ProcessId)) return null;
        using var client = Client(info);
        try
        {
            await client.Server.VersionAsync(cancellationToken);
            return info;
        }
        catch (EspalierException exception) when (exception.Code == EspalierException.Unreachable)
        {
            return null;
        }
    }

    /// <returns>The server, and whether it was started now.</returns>
    public async Task<(ServerAddress Info, bool Started)> FindOrStartAsync(ServerStart how, CancellationToken cancellationToken)
    {
        if (await FindAsync(cancellationToken) is { } running) return (running, false);
        CreateFolder();
        using var held = await LockAsync(cancellationToken);
        if (await FindAsync(cancellationToken) is { } other) return (other, false);
        return (await StartAsync(how, ChoosePort(how), cancellationToken), true);
    }

    public EspalierClient Client(ServerAddress info) => new(info.Url, folder.ReadToken(), Time);

    /// <summary>Asks the server to end and waits until it has; false when it is still there after ten seconds.</summary>
    public async Task<bool> StopAsync(ServerAddress info, CancellationToken cancellationToken)
    {
        using (var client = Client(info)) await client.Server.ShutdownAsync(cancellationToken);
        var asked = Time.GetTimestamp();
        while (ServerProcess.IsAlive(info.ProcessId) && folder.ReadInfo() is not null)
        {
            if (Time.GetElapsedTime(asked) > TimeSpan.FromSeconds(10)) return false;
            await Task.Delay(Pause, Time, cancellationToken);
        }

        return true;
    }

    private async Task<ServerAddress> StartAsync(ServerStart how, int port, CancellationToken cancellationToken)
    {
        List<string> arguments = ["--data", folder.Path, "--port", port.ToString()];
        if (how.Listen is { } listen) arguments.AddRange(["--listen", listen]);
        if (how.IdleExit is { } idle) arguments.AddRange(["--idle-exit", idle]);

        // A file of a dead server would be taken for the new one's.
        File.Delete(folder.InfoFile);
        var began = File.Exists(folder.LogFile) ? new FileInfo(folder.LogFile).Length : 0;
        using var process = ServerProcess.Start(
            ServerProgram.Command(invocation.Terminal), arguments, folder.LogFile, Path.GetDirectoryName(folder.Path)!);
        if (invocation.Verbose) invocation.Say($"starting a server for {folder.Path} on port {port}");
        var started = Time.GetTimestamp();
        while (true)
        {
            if (process.HasExited)
            {
                // Another server may have taken the usual port between the look at it and the start: that one is left alone.
                if (how.Port is null && port != 0 && !Ports.IsFree(port)) return await StartAsync(how, TakeFree(), cancellationToken);
                throw Died(process.ExitCode, began);
            }

            if (folder.ReadInfo() is { } info && await IsUsableAsync(info, Time.GetElapsedTime(started), cancellationToken)) return info;
            if (Time.GetElapsedTime(started) > Patience) throw TooSlow();
            await Task.Delay(Pause, Time, cancellationToken);
        }
    }

    private async Task<bool> IsUsableAsync(ServerAddress info, TimeSpan waited, CancellationToken cancellationToken)
    {
        using var client = Client(info);
        try
        {
            if (await client.Server.FindTroubleAsync(cancellationToken) is not { } trouble) return true;
            if (waited < TroublePatience) return false;
            invocation.Warn($"the server is not ready for everything: {trouble.What} {trouble.Fix}");
            return true;
        }
        catch (EspalierException exception) when (exception.Code == EspalierException.Unreachable)
        {
            return false;
        }
    }

    private int ChoosePort(ServerStart how)
    {
        var wanted = how.Port ?? Ports.Default;
        if (Ports.IsFree(wanted)) return wanted;
        if (how.Port is not null)
        {
            throw new CliError(
                ExitCodes.Unreachable,
                "port-in-use",
                $"Port {wanted} is in use.",
                "Another program listens there; it is left alone.",
                $"Choose another with --port, such as --port {Ports.Free()}, or leave --port out.");
        }

        return TakeFree();
    }

    /// <summary>The server itself finds one: a number that is looked up here could be taken by the time it starts.</summary>
    private int TakeFree()
    {
        invocation.Say($"port {Ports.Default} is in use: taking a free one");
        return 0;
    }

    private void CreateFolder()
    {
        try
        {
            folder.Create();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliError.Usage($"{folder.Path} cannot be written: {exception.Message}", "The server keeps its data there.", "Choose another folder with -C or up --data.");
        }
    }

    /// <summary>The operating system lets go of the lock when its holder dies, so it is never stale.</summary>
    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var asked = Time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(folder.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (Time.GetElapsedTime(asked) > Patience + TimeSpan.FromSeconds(5)) throw TooSlow();
                await Task.Delay(Pause, Time, cancellationToken);
            }
        }
    }

    private CliError Died(int exitCode, long logBegan)
    {
        var tail = File.Exists(folder.LogFile) && new FileInfo(folder.LogFile).Length > logBegan ? folder.LogTail(12) : "(it wrote nothing)";
        invocation.Terminal.Err.WriteLine(Text.Clean(tail));
        return new CliError(
            ExitCodes.Unreachable,
            "server-died",
            $"The server ended while starting (exit {exitCode}).",
            $"Its last words are above; all of them are in {folder.LogFile}.",
            "Mend what they name and try again.");
    }

    private CliError TooSlow() => new(
        ExitCodes.Unreachable,
        "server-slow",
        $"The server was not ready after {Patience.TotalSeconds:0} s.",
        $"It may still be starting; its log is {folder.LogFile}.",
        "Look at the end of the log, then try again or run `espalier down` first.");
}
