using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Microsoft.Extensions.Logging;

namespace Espalier.Workers.Sandboxes.Containers;

/// <summary>A container a run, by podman or docker: no network but the gateway's socket, a read-only image, files and limits as for every sandbox.</summary>
/// <remarks>Thread-safe. For machines that have an engine already, and for runtimes with a kernel of their own (gVisor's <c>runsc</c>). An engine takes some
/// hundred milliseconds a start and filters fewer system calls than bubblewrap does here. A killed server's containers are ended by the next one.</remarks>
internal sealed class ContainerSandbox : ISandbox, ILeftovers, IAsyncDisposable
{
    private const int Users = 4096;

    private readonly string _engine;
    private readonly WorkersOptions _options;
    private readonly ILogger<ContainerSandbox> _logger;
    private readonly Slots _slots = new(Users);
    private readonly ConcurrentDictionary<SandboxProcess, byte> _running = new();
    private readonly string _server = ServerIdentity.Next();
    private readonly string _folder;
    private SandboxCheck? _usable;

    public ContainerSandbox(string engine, WorkersOptions options, ILogger<ContainerSandbox> logger)
    {
        (_engine, _options, _logger) = (engine, options, logger);
        var all = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(options.StateFolder), "containers")).FullName;
        File.SetUnixFileMode(all, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        _folder = Path.Combine(all, _server);
    }

    public string Name => _engine;

    public async Task<SandboxCheck> CheckAsync(CancellationToken cancellationToken)
    {
        if (_usable is { } known) return known;
        var check = await LookAsync(cancellationToken);
        if (check.Usable)
        {
            _usable = check;
            _logger.SandboxUsable(Name, check.Detail);
        }
        else
        {
            _logger.SandboxUnusable(Name, check.Detail, check.Fix);
        }

        return check;
    }

    public async Task<ISandboxProcess> StartAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        var check = await CheckAsync(cancellationToken);
        if (!check.Usable) throw SandboxRefusal.From(check);
        if (spec.Listens || spec.Workspace is not null)
            throw new Refusal("sandbox-unavailable", 503, $"The sandbox '{_engine}' carries neither agents of protocol http nor workspaces.", "Use the sandbox bubblewrap (Workers:Sandbox).");
        return await LaunchAsync(spec, cancellationToken);
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (Programs.Find(_engine) is not { } engine) return;
        foreach (var line in await Tool.AskAsync(engine, [.. ContainerArguments.List()], cancellationToken) ?? [])
        {
            if (line.Split(' ') is not [var name, var server] || !ServerIdentity.IsOfDeadServer(server)) continue;
            await Tool.AskAsync(engine, [.. ContainerArguments.Remove(name)], cancellationToken);
            _logger.LeftoverRemoved(name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_running.Keys.Select(process => process.DisposeAsync().AsTask()));
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task<SandboxCheck> LookAsync(CancellationToken cancellationToken)
    {
        if (Programs.Find(_engine) is not { } engine) return new SandboxCheck(false, $"{_engine} is not installed", $"apt-get install {(_engine == "docker" ? "docker.io" : _engine)}");
        if (_options.ContainerImage is not { Length: > 0 } image)
            return new SandboxCheck(false, "no image is named for containers", "Set Workers:ContainerImage to an image that has a shell and what your agents are written in");
        if (ForwarderProgram.Find(_options.ForwarderPath) is null)
            return new SandboxCheck(false, "the sandbox's helper program is missing", "eng/forwarder/build.sh (needs apt-get install gcc libc6-dev)");
        var version = await Tool.AskAsync(engine, ["version", "--format", "{{.Client.Version}}"], cancellationToken);
        if (version is not [var number, ..]) return new SandboxCheck(false, $"{_engine} does not answer", $"Start it, and let this user use it: {_engine} version");
        if (await Tool.AskAsync(engine, ["image", "inspect", "--format", "{{.Id}}", image], cancellationToken) is null)
            return new SandboxCheck(false, $"the image {image} is not here", $"{_engine} pull {image}");
        try
        {
            var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
            await using var process = await LaunchAsync(
                new SandboxSpec { Command = "touch file", SourceFolder = empty, Environment = new Dictionary<string, string>() }, cancellationToken);
            var code = await process.WaitForExitAsync(cancellationToken);
            if (code != 0) return new SandboxCheck(false, $"a trial container ended with exit code {code}: {process.StderrTail}", $"Try it by hand: {_engine} run --rm {image} true");
        }
        catch (SandboxFault fault)
        {
            return new SandboxCheck(false, $"{fault.Message} {fault.Stderr}", $"Try it by hand: {_engine} run --rm {image} true");
        }

        return new SandboxCheck(true, $"{_engine} {number}, image {image}{(_options.ContainerRuntime is { } runtime ? $", runtime {runtime}" : "")}", null);
    }

    private async Task<ISandboxProcess> LaunchAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        var engine = Programs.Find(_engine)!;
        var slot = _slots.Take();
        var name = $"{_server}-{slot.ToString(CultureInfo.InvariantCulture)}";
        var start = Path.Combine(_folder, $"{slot.ToString(CultureInfo.InvariantCulture)}.sh");
        SandboxProcess? started = null;
        try
        {
            Directory.CreateDirectory(_folder);
            File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(start, ContainerArguments.StartScript(WithHome(spec.Environment)), cancellationToken);
            File.SetUnixFileMode(start, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            if (spec.GatewaySocket is { } socket) RunUsers.Open(socket);
            var info = new ProcessStartInfo(engine)
            {
                UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
            };
            var user = Environment.IsPrivilegedProcess ? _options.FirstUserId + slot : 1000;
            foreach (var argument in ContainerArguments.Run(
                spec, name, _server, _options.ContainerImage!, ForwarderProgram.Find(_options.ForwarderPath)!, start, user, _options.ContainerRuntime, limitsFiles: _engine == "docker"))
                info.ArgumentList.Add(argument);
            started = new SandboxProcess(Process.Start(info)!, spec.OnStderr, awaitsMark: true, killTree: true, () => CleanUpAsync(started, engine, name, slot, start), _logger);
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
            await CleanUpAsync(null, engine, name, slot, start);
            throw;
        }
    }

    /// <summary>The client that was killed is not the container: that is removed by its name, with all that runs in it.</summary>
    private async Task CleanUpAsync(SandboxProcess? process, string engine, string name, int slot, string start)
    {
        if (process is not null)
        {
            _running.TryRemove(process, out _);
            await Tool.AskAsync(engine, [.. ContainerArguments.Remove(name)], CancellationToken.None);
        }

        File.Delete(start);
        _slots.GiveBack(slot);
    }

    private static Dictionary<string, string> WithHome(IReadOnlyDictionary<string, string> variables) => new(variables) { ["HOME"] = "/work" };
}
