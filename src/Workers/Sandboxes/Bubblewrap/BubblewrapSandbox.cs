using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Espalier.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Linux namespaces by bubblewrap, limits by control groups, system calls by a filter. Shares the host's kernel.</summary>
/// <remarks>Thread-safe. Four things look redundant and are not; each closed an escape: the environment is empty before bubblewrap starts (not
/// only for the program), process 1 is ours and cannot be inspected, every descriptor but three is closed, and a root server gives each
/// sandbox a user id of its own.</remarks>
internal sealed class BubblewrapSandbox(IOptions<WorkersOptions> options, ILogger<BubblewrapSandbox> logger) : ISandbox, ILeftovers, IAsyncDisposable
{
    public const string SandboxName = "bubblewrap";

    /// <summary>From here on an overlay is cheaper than a copy.</summary>
    private const int LargeFiles = 64;

    private const long LargeBytes = 2L << 20;

    private readonly WorkersOptions _options = options.Value;
    private readonly LaunchThread _launcher = new();
    private readonly Slots _slots = new(4096);
    private readonly TreeSizes _sizes = new(LargeFiles, LargeBytes);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<SandboxProcess, byte> _running = new();
    private readonly Lazy<SocketsFolder> _sockets = new(() => new SocketsFolder(options.Value.GatewaySocket));
    private BubblewrapSetup? _setup;
    private SandboxCheck? _usable;

    public string Name => SandboxName;

    public async Task<SandboxCheck> CheckAsync(CancellationToken cancellationToken)
    {
        if (_usable is { } known) return known;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_usable is { } found) return found;
            var check = await TryOutAsync(cancellationToken);
            if (check.Usable)
            {
                _usable = check;
                logger.SandboxUsable(Name, check.Detail);
            }
            else
            {
                logger.SandboxUnusable(Name, check.Detail, check.Fix);
            }

            return check;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<ISandboxProcess> StartAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        var check = await CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        return await StartAsync(_setup!, spec, _setup!.Overlays && _sizes.IsLarge(spec.SourceFolder), cancellationToken);
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (ControlGroups.Detect().Groups is not { } groups) return;
        foreach (var folder in await groups.SweepAsync()) logger.LeftoverRemoved(folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_running.Keys.Select(process => process.DisposeAsync().AsTask()));
        _launcher.Dispose();
        if (_sockets.IsValueCreated) _sockets.Value.Dispose();
        _setup?.Groups?.RemoveOwn();
    }

    /// <summary>Starts a sandbox for real: a version number does not tell whether this kernel lets us make namespaces.</summary>
    private async Task<SandboxCheck> TryOutAsync(CancellationToken cancellationToken)
    {
        var (setup, missing, fix) = await BubblewrapSetup.FindAsync(_options, logger, cancellationToken);
        if (setup is null) return new SandboxCheck(false, missing, fix);
        var trouble = await FailureOfAsync(setup, overlay: false, cancellationToken);
        if (trouble is not null && setup.Staging == Staging.OwnNamespace)
        {
            // Some systems let bubblewrap make namespaces of users and nobody else.
            setup = setup with { Staging = Staging.None };
            trouble = await FailureOfAsync(setup, overlay: false, cancellationToken);
        }

        if (trouble is not null) return Unusable(trouble);
        if (setup.Staging != Staging.None) setup = setup with { Overlays = await FailureOfAsync(setup, overlay: true, cancellationToken) is null };
        _setup = setup;
        var limits = setup.Groups?.Description ?? "memory limited per process (control groups are not writable)";
        var filter = setup.Support.Filter is null ? "no system call filter for this processor" : "system call filter on";
        var files = setup.Staging == Staging.None ? "number of files not limited" : setup.Overlays ? "large folders as overlays" : "folders copied";
        return new SandboxCheck(true, $"bubblewrap {setup.Version}; {limits}; {filter}; {files}", null);
    }

    /// <summary>Null when a sandbox of this set-up runs here.</summary>
    private async Task<string?> FailureOfAsync(BubblewrapSetup setup, bool overlay, CancellationToken cancellationToken)
    {
        try
        {
            var spec = new SandboxSpec { Command = "touch file", SourceFolder = setup.Support.EmptyFolder, Environment = new Dictionary<string, string>() };
            await using var process = await StartAsync(setup, spec, overlay, cancellationToken);
            var code = await process.WaitForExitAsync(cancellationToken);
            return code == 0 ? null : $"a trial run ended with exit code {code}: {process.StderrTail}";
        }
        catch (SandboxFault fault)
        {
            return $"{fault.Message} {fault.Stderr}";
        }
    }

    private static SandboxCheck Unusable(string detail) =>
        new(false, detail, "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0; "
            + "in a container: --security-opt seccomp=unconfined --security-opt systempaths=unconfined");

    private async Task<SandboxProcess> StartAsync(BubblewrapSetup setup, SandboxSpec spec, bool overlay, CancellationToken cancellationToken)
    {
        if (setup.OwnUsers && spec.GatewaySocket is { } socket) RunUsers.Open(socket);
        var slot = _slots.Take();
        ControlGroups.Group? group = null;
        SandboxProcess? started = null;
        var sockets = new HostSockets(spec.Listens || spec.Workspace is { Collected: true } ? _sockets.Value.Path : "", spec);
        try
        {
            group = setup.Groups?.Create(slot, spec.MemoryBytes, spec.Processes, spec.Cores);
            var info = new ProcessStartInfo(setup.Forwarder)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = "/",
            };
            foreach (var argument in setup.Arguments.Build(spec, setup.OwnUsers ? _options.FirstUserId + slot : null, setup.Staging, overlay, group, sockets))
                info.ArgumentList.Add(argument);
            info.Environment.Clear();
            info.Environment["E_PATH"] = setup.Arguments.SearchPath;
            info.Environment["E_HOME"] = "/work";
            foreach (var (name, value) in spec.Environment) info.Environment[$"E_{name}"] = value;
            if (spec.Listens) info.Environment["E_PORT"] = HostSockets.Port.ToString(CultureInfo.InvariantCulture);
            if (spec.Workspace is { } workspace) info.Environment["E_ESPALIER_WORKSPACE"] = workspace.Path ?? "/work";

            var process = await _launcher.StartAsync(info, cancellationToken);
            started = new SandboxProcess(process, spec.OnStderr, awaitsMark: true, killTree: false, () => CleanUpAsync(started!, slot, group, sockets), logger)
            {
                Port = spec.Listens ? sockets.ConnectAsync : null,
                Collector = spec.Workspace is { Collected: true } ? sockets.CollectAsync : null,
            };
            _running.TryAdd(started, 0);
            await started.WaitUntilReadyAsync(_options.StartTimeout, cancellationToken);
            return started;
        }
        catch when (started is not null)
        {
            await started.DisposeAsync();
            throw;
        }
        catch
        {
            await CleanUpAsync(null, slot, group, sockets);
            throw;
        }
    }

    private async Task CleanUpAsync(SandboxProcess? process, int slot, ControlGroups.Group? group, HostSockets sockets)
    {
        sockets.Dispose();
        if (process is not null) _running.TryRemove(process, out _);
        if (group is not null && !await group.RemoveAsync())
        {
            // Its number stays taken: a new sandbox must not share a group with what would not die.
            logger.SandboxLingered(TimeSpan.FromSeconds(5), "a control group");
            return;
        }

        _slots.GiveBack(slot);
    }
}
