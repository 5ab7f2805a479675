using System.Globalization;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes.Containers;

/// <summary>The command lines of one container; podman and docker take the same.</summary>
internal static class ContainerArguments
{
    /// <summary>On every container of ours, with the server's name, so that the next server finds what a killed one left.</summary>
    public const string Label = "espalier.server";

    private const long SharedMemoryBytes = 16L << 20;

    /// <param name="spec">What to start.</param>
    /// <param name="name">The container's name.</param>
    /// <param name="server">The server's name, for the label.</param>
    /// <param name="image">An image with a shell and what agents are written in; it is never pulled.</param>
    /// <param name="helper">The helper program on the host.</param>
    /// <param name="start">The file on the host that sets the variables and starts the command (<see cref="StartScript"/>).</param>
    /// <param name="user">The user inside.</param>
    /// <param name="runtime">Another runtime, such as <c>runsc</c>; null: the engine's own.</param>
    /// <param name="limitsFiles">Whether the engine takes a number of files for a file system in memory: docker does, podman refuses it.</param>
    public static IReadOnlyList<string> Run(
        SandboxSpec spec, string name, string server, string image, string helper, string start, int user, string? runtime, bool limitsFiles)
    {
        var memory = Number(spec.MemoryBytes);
        List<string> arguments =
        [
            "run", "--rm", "--interactive", "--name", name, "--label", $"{Label}={server}", "--pull", "never", "--log-driver", "none",
            "--network", "none", "--ipc", "private", "--hostname", "sandbox", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--user", $"{Number(user)}:{Number(user)}",
            "--memory", memory, "--memory-swap", memory, "--pids-limit", Number(spec.Processes + 4L), "--cpus", spec.Cores.ToString("0.##", CultureInfo.InvariantCulture),
            "--ulimit", $"nofile={Number(spec.OpenFiles)}:{Number(spec.OpenFiles)}", "--ulimit", $"nproc={Number(spec.Processes + 4L)}:{Number(spec.Processes + 4L)}", "--ulimit", "core=0:0", "--ulimit", "memlock=65536:65536",
            "--shm-size", Number(Math.Min(spec.DiskBytes, SharedMemoryBytes)),
            "--tmpfs", Memory("/tmp", spec, limitsFiles), "--tmpfs", Memory("/work", spec, limitsFiles),
            "--volume", $"{helper}:/espalier/fwd:ro", "--volume", $"{start}:/espalier/start:ro", "--volume", $"{spec.SourceFolder}:/in:ro",
        ];
        if (spec.GatewaySocket is { } socket) arguments.AddRange(["--volume", $"{socket}:/espalier/gw.sock"]);
        if (runtime is not null) arguments.AddRange(["--runtime", runtime]);
        arguments.AddRange(
        [
            "--workdir", "/work", "--entrypoint", "/espalier/fwd", image,
            "init", spec.GatewaySocket is null ? "0" : Number(spec.GatewayPort), "/espalier/gw.sock", Number(spec.Processes), "/in",
            "--", "/bin/sh", "/espalier/start", spec.Command,
        ]);
        return arguments;
    }

    public static IReadOnlyList<string> Remove(string name) => ["rm", "--force", name];

    /// <summary>Name and server of every container of ours, a line each.</summary>
    public static IReadOnlyList<string> List() =>
        ["ps", "--all", "--filter", $"label={Label}", "--format", $"{{{{.Names}}}} {{{{.Label \"{Label}\"}}}}"];

    /// <summary>Sets the variables and becomes the command, its first argument. In a file and not on the command line, which the host's users can read,
    /// and not in the client's own environment, which an agent's names could steer.</summary>
    public static string StartScript(IReadOnlyDictionary<string, string> variables) => string.Concat(
        variables.Where(pair => IsName(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"export {pair.Key}={Quote(pair.Value)}\n"))
        + "exec /bin/sh -c \"$1\"\n";

    private static string Memory(string target, SandboxSpec spec, bool limitsFiles) =>
        $"{target}:rw,exec,nosuid,nodev,mode=1777,size={Number(spec.DiskBytes)}{(limitsFiles ? $",nr_inodes={Number(spec.DiskFiles)}" : "")}";

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static string Quote(string value) => $"'{value.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
