using System.Globalization;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>The command line of one sandbox: the helper's <c>launch</c>, bubblewrap, the helper's <c>init</c>, the program.</summary>
/// <remarks>What the helper stages is given as <c>/tmp/N</c>; without staging, host paths are given as they are.</remarks>
internal sealed class BubblewrapArguments(string bubblewrap, string forwarder, SupportFiles support, IReadOnlyList<string> interpreters)
{
    public const string Path = "/usr/local/bin:/usr/bin:/bin";

    private const long SharedMemoryBytes = 16L << 20;

    /// <summary>PATH inside: the interpreters' folders first, as on the host.</summary>
    public string SearchPath { get; } = string.Join(':', [.. interpreters.Select(folder => $"{folder}/bin").Where(Directory.Exists), Path]);

    /// <param name="spec">What to start.</param>
    /// <param name="userId">The run's own user; null when the server is no root and keeps its own.</param>
    /// <param name="staging">How the files it sees are put together.</param>
    /// <param name="overlay">Whether the source folder is written over rather than copied; takes staging.</param>
    /// <param name="group">The control groups to join; null: memory is limited per process.</param>
    /// <param name="sockets">How the host reaches the program.</param>
    public IReadOnlyList<string> Build(SandboxSpec spec, int? userId, Staging staging, bool overlay, ControlGroups.Group? group, HostSockets sockets)
    {
        var stage = new Stage(staging != Staging.None, Number(spec.DiskFiles));
        var inner = Inner(spec, overlay, stage);
        var outer = new List<string> { "launch", "--files", Number(spec.OpenFiles) };
        foreach (var file in group?.JoinFiles ?? []) outer.AddRange(["--cgroup", file]);
        if (group is null) outer.AddRange(["--data", Number(spec.MemoryBytes)]);
        if (support.Filter is not null) outer.AddRange(["--seccomp", support.Filter]);
        outer.AddRange(stage.Arguments);
        if (sockets.Serve is { } serve) outer.AddRange(["--serve", serve]);
        if (sockets.Collect is { } collect) outer.AddRange(["--collect", collect]);
        if (userId is { } user) outer.AddRange(["--uid", Number(user)]);
        if (staging == Staging.OwnNamespace) outer.AddRange(["--own-namespace", "yes"]);
        return [.. outer, "--", bubblewrap, .. inner];
    }

    private List<string> Inner(SandboxSpec spec, bool overlay, Stage stage)
    {
        List<string> arguments =
        [
            "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
            "--uid", "1000", "--gid", "1000", "--disable-userns", "--as-pid-1", "--die-with-parent", "--new-session",
            "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv",
            "--ro-bind", "/usr", "/usr",
        ];
        foreach (var folder in (string[])["/bin", "/sbin", "/lib", "/lib32", "/lib64"]) arguments.AddRange(Root(folder));
        arguments.AddRange(
        [
            "--ro-bind", stage.Path(support.Etc), "/etc",
            "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
            "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
            "--ro-bind-try", "/etc/ssl/certs", "/etc/ssl/certs",
            "--proc", "/proc", "--dev", "/dev",
            .. stage.Memory("/dev/shm", Math.Min(spec.DiskBytes, SharedMemoryBytes)),
            .. stage.Memory("/tmp", spec.DiskBytes),
            "--size", "1048576", "--tmpfs", "/run",
            "--ro-bind", stage.Path(forwarder), "/run/fwd",
        ]);
        if (spec.GatewaySocket is { } socket) arguments.AddRange(["--ro-bind", stage.Path(socket), "/run/gw.sock"]);
        if (overlay) arguments.AddRange(stage.Overlay(spec.SourceFolder, "/work", spec.DiskBytes));
        else arguments.AddRange([.. stage.Memory("/work", spec.DiskBytes), "--ro-bind", stage.Path(spec.SourceFolder), "/in"]);
        if (spec.Workspace is { } workspace)
        {
            if (workspace.Path is { } path) arguments.AddRange(stage.Memory(path, spec.DiskBytes));
            arguments.AddRange(["--ro-bind", stage.Path(workspace.SourceFolder), "/laid"]);
        }

        foreach (var folder in interpreters) arguments.AddRange(["--ro-bind", stage.Path(folder), folder]);
        arguments.AddRange(["--remount-ro", "/run", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/work"]);

        // The descriptors that the helper opens: 11 the environment, 10 the filter.
        arguments.AddRange(["--args", "11"]);
        if (support.Filter is not null) arguments.AddRange(["--seccomp", "10"]);
        arguments.AddRange(
        [
            "--", "/run/fwd", "init", spec.GatewaySocket is null ? "0" : Number(spec.GatewayPort), "/run/gw.sock", Number(spec.Processes),
            overlay ? "-" : "/in", .. Options(spec), "--", "/bin/sh", "-c", spec.Command,
        ]);
        return arguments;
    }

    private static List<string> Options(SandboxSpec spec)
    {
        var options = new List<string>();
        if (spec.Workspace is { } workspace) options.AddRange(["copy", "/laid", workspace.Path ?? "."]);
        if (spec.Listens) options.AddRange(["serve", Number(HostSockets.Port)]);
        if (spec.Workspace is { Collected: true } collected) options.AddRange(["collect", collected.Path ?? "."]);
        return options;
    }

    /// <summary>The host's layout: a link into /usr on most systems, a folder of its own on others, or nothing.</summary>
    private static string[] Root(string folder) =>
        new DirectoryInfo(folder) is not { Exists: true } info ? []
        : info.LinkTarget is { } target ? ["--symlink", target, folder]
        : ["--ro-bind", folder, folder];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>What the helper mounts before bubblewrap starts, in the order of its numbers.</summary>
    private sealed class Stage(bool used, string files)
    {
        private readonly List<string> _arguments = [];

        public IReadOnlyList<string> Arguments => _arguments;

        public string Path(string path) => used ? Add("--stage", path) : path;

        /// <summary>A file system in memory. Bubblewrap's own has no limit on the number of files.</summary>
        public string[] Memory(string target, long bytes) =>
            used ? ["--bind", Add("--memory", $"{Number(bytes)}:{files}"), target] : ["--size", Number(bytes), "--tmpfs", target];

        public string[] Overlay(string path, string target, long bytes) => ["--bind", Add("--overlay", $"{path}:{Number(bytes)}:{files}"), target];

        private string Add(string kind, string value)
        {
            _arguments.AddRange([kind, value]);
            return $"/tmp/{Number(_arguments.Count / 2 - 1)}";
        }
    }
}
