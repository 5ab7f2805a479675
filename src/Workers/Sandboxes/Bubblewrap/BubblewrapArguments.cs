using System.Globalization;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>The command line of one sandbox: the helper's <c>launch</c>, bubblewrap, the helper's <c>init</c>, the program.</summary>
/// <remarks>Host paths are given as <c>/tmp/N</c> when the helper stages them (started as root), else as they are.</remarks>
internal sealed class BubblewrapArguments(string bubblewrap, string forwarder, SupportFiles support, IReadOnlyList<string> interpreters)
{
    public const string Path = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>PATH inside: the interpreters' folders first, as on the host.</summary>
    public string SearchPath { get; } = string.Join(':', [.. interpreters.Select(folder => $"{folder}/bin").Where(Directory.Exists), Path]);

    /// <param name="spec">What to start.</param>
    /// <param name="userId">The run's own user; null when the server is no root and keeps its own.</param>
    /// <param name="group">The control groups to join; null: memory is limited per process.</param>
    public IReadOnlyList<string> Build(SandboxSpec spec, int? userId, ControlGroups.Group? group)
    {
        var staged = new List<string>();
        string Host(string path)
        {
            if (userId is null) return path;
            staged.Add(path);
            return $"/tmp/{(staged.Count - 1).ToString(CultureInfo.InvariantCulture)}";
        }

        var inner = Inner(spec, Host);
        var outer = new List<string> { "launch", "--files", Number(spec.OpenFiles) };
        foreach (var file in group?.JoinFiles ?? []) outer.AddRange(["--cgroup", file]);
        if (group is null) outer.AddRange(["--data", Number(spec.MemoryBytes)]);
        if (support.Filter is not null) outer.AddRange(["--seccomp", support.Filter]);
        foreach (var path in staged) outer.AddRange(["--stage", path]);
        if (userId is { } user) outer.AddRange(["--uid", Number(user)]);
        return [.. outer, "--", bubblewrap, .. inner];
    }

    private List<string> Inner(SandboxSpec spec, Func<string, string> host)
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
            "--ro-bind", host(support.Etc), "/etc",
            "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
            "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
            "--ro-bind-try", "/etc/ssl/certs", "/etc/ssl/certs",
            "--proc", "/proc", "--dev", "/dev",
            "--size", Number(Math.Min(spec.DiskBytes, 16L << 20)), "--tmpfs", "/dev/shm",
            "--size", Number(spec.DiskBytes), "--tmpfs", "/tmp",
            "--size", "1048576", "--tmpfs", "/run",
            "--ro-bind", host(forwarder), "/run/fwd",
        ]);
        if (spec.GatewaySocket is { } socket) arguments.AddRange(["--ro-bind", host(socket), "/run/gw.sock"]);
        arguments.AddRange(["--size", Number(spec.DiskBytes), "--tmpfs", "/work", "--ro-bind", host(spec.SourceFolder), "/in"]);
        foreach (var folder in interpreters) arguments.AddRange(["--ro-bind", host(folder), folder]);
        arguments.AddRange(["--remount-ro", "/run", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/work"]);

        // The descriptors that the helper opens: 11 the environment, 10 the filter.
        arguments.AddRange(["--args", "11"]);
        if (support.Filter is not null) arguments.AddRange(["--seccomp", "10"]);
        arguments.AddRange(
        [
            "--", "/run/fwd", "init", spec.GatewaySocket is null ? "0" : Number(spec.GatewayPort), "/run/gw.sock", Number(spec.Processes),
            "--", "/bin/sh", "-c", spec.Command,
        ]);
        return arguments;
    }

    /// <summary>The host's layout: a link into /usr on most systems, a folder of its own on others, or nothing.</summary>
    private static string[] Root(string folder) =>
        new DirectoryInfo(folder) is not { Exists: true } info ? []
        : info.LinkTarget is { } target ? ["--symlink", target, folder]
        : ["--ro-bind", folder, folder];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
