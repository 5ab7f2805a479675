using System.Diagnostics;
using System.Globalization;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Limits on memory, processes and processor time of whole sandboxes: control groups version 2 where they can be written, else version 1.</summary>
internal sealed class ControlGroups
{
    private static readonly TimeSpan RemovalLimit = TimeSpan.FromSeconds(5);

    private readonly string _name = ServerIdentity.Next();
    private readonly string? _unified;
    private readonly string? _memory;
    private readonly string? _pids;
    private readonly string? _cpu;

    private ControlGroups(string? unified, string? memory, string? pids, string? cpu)
    {
        _unified = unified;
        _memory = memory;
        _pids = pids;
        _cpu = cpu;
    }

    public string Description => _unified is not null
        ? "memory, processes and processor time limited by control groups v2"
        : $"memory{(_pids is null ? "" : ", processes")}{(_cpu is null ? "" : ", processor time")} limited by control groups v1";

    private IEnumerable<string> Bases => new[] { _unified, _memory, _pids, _cpu }.OfType<string>();

    /// <summary>Null, with the reason, when this server may not write any that limits memory.</summary>
    public static (ControlGroups? Groups, string Why) Detect()
    {
        var own = File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).ToList();
        var mounts = Mounts();

        // The server's own group first (delegated by a service manager, or a container's root), then the one above: a version 2 group
        // that has members of its own cannot hand controllers down.
        if (mounts.Unified is { } mount && own.Find(parts => parts[1].Length == 0) is { } line)
        {
            var group = Join(mount, line[2]);
            foreach (var candidate in new[] { group, Path.GetDirectoryName(group)! })
            {
                if (candidate.StartsWith(mount, StringComparison.Ordinal) && CanHold(candidate)) return (new(candidate, null, null, null), "");
            }
        }

        string? Legacy(string controller) =>
            mounts.Legacy.TryGetValue(controller, out var at)
            && own.Find(parts => parts[1].Split(',').Contains(controller)) is { } mine
            && new[] { Join(at, mine[2]), at }.FirstOrDefault(Directory.Exists) is { } folder
            && TryMake(Path.Combine(folder, ServerIdentity.Next())) ? folder : null;

        return Legacy("memory") is { } memory
            ? (new(null, memory, Legacy("pids"), Legacy("cpu")), "")
            : (null, "Start the server with a delegated control group (systemd: Delegate=yes) to limit sandboxes as a whole");
    }

    /// <summary>Makes a group with these limits. The process joins it by writing to each of <see cref="Group.JoinFiles"/>.</summary>
    public Group Create(int slot, long memoryBytes, int processes, double cores)
    {
        // Bubblewrap and process 1 live in the group as well.
        var pids = (processes + 4).ToString(CultureInfo.InvariantCulture);
        var quota = ((long)(cores * 100_000)).ToString(CultureInfo.InvariantCulture);
        var bytes = memoryBytes.ToString(CultureInfo.InvariantCulture);
        var folders = Bases.Distinct().Select(at => Path.Combine(at, _name, slot.ToString(CultureInfo.InvariantCulture))).ToList();
        foreach (var folder in folders) Directory.CreateDirectory(folder);
        if (_unified is not null)
        {
            var server = Path.GetDirectoryName(folders[0])!;
            if (!File.ReadAllText(Path.Combine(folders[0], "cgroup.controllers")).Contains("memory", StringComparison.Ordinal))
                File.WriteAllText(Path.Combine(server, "cgroup.subtree_control"), "+memory +pids");
            Set(folders[0], "memory.max", bytes);
            TrySet(folders[0], "memory.swap.max", "0");
            TrySet(folders[0], "memory.oom.group", "1");
            Set(folders[0], "pids.max", pids);
            TrySet(folders[0], "cpu.max", $"{quota} 100000");
        }
        else
        {
            string Folder(string at) => Path.Combine(at, _name, slot.ToString(CultureInfo.InvariantCulture));
            Set(Folder(_memory!), "memory.limit_in_bytes", bytes);
            TrySet(Folder(_memory!), "memory.memsw.limit_in_bytes", bytes);
            if (_pids is not null) Set(Folder(_pids), "pids.max", pids);
            if (_cpu is not null) TrySet(Folder(_cpu), "cpu.cfs_quota_us", quota);
        }

        return new Group(folders);
    }

    /// <summary>Removes this server's own groups; those of sandboxes must be gone.</summary>
    public void RemoveOwn()
    {
        foreach (var at in Bases.Distinct()) TryRemove(Path.Combine(at, _name));
    }

    /// <summary>Kills and removes what servers that are dead left behind; returns the folders.</summary>
    public async Task<IReadOnlyList<string>> SweepAsync()
    {
        var removed = new List<string>();
        foreach (var at in Bases.Distinct())
        {
            foreach (var folder in Directory.GetDirectories(at, "espalier-*").Where(path => ServerIdentity.IsOfDeadServer(Path.GetFileName(path))))
            {
                foreach (var child in Directory.GetDirectories(folder)) await new Group([child]).RemoveAsync();
                if (TryRemove(folder)) removed.Add(folder);
            }
        }

        return removed;
    }

    private static (string? Unified, Dictionary<string, string> Legacy) Mounts()
    {
        string? unified = null;
        var legacy = new Dictionary<string, string>();
        foreach (var line in File.ReadLines("/proc/self/mounts"))
        {
            var fields = line.Split(' ');
            if (fields[2] == "cgroup2") unified ??= fields[1];
            if (fields[2] != "cgroup") continue;
            foreach (var option in fields[3].Split(',')) legacy.TryAdd(option, fields[1]);
        }

        return (unified, legacy);
    }

    private static string Join(string mount, string group) => Path.TrimEndingDirectorySeparator(mount + group);

    private static bool CanHold(string parent)
    {
        var controllers = Path.Combine(parent, "cgroup.controllers");
        if (!File.Exists(controllers)) return false;
        var available = File.ReadAllText(controllers).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (!available.Contains("memory") || !available.Contains("pids")) return false;
        var probe = Path.Combine(parent, ServerIdentity.Next());
        try
        {
            var handsDown = Path.Combine(parent, "cgroup.subtree_control");
            var given = File.ReadAllText(handsDown);
            if (!given.Contains("memory", StringComparison.Ordinal) || !given.Contains("pids", StringComparison.Ordinal))
                File.WriteAllText(handsDown, "+memory +pids");
            Directory.CreateDirectory(probe);

            // Moving a process needs the right to write here as well.
            using var _ = new FileStream(Path.Combine(parent, "cgroup.procs"), FileMode.Open, FileAccess.Write);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            TryRemove(probe);
        }
    }

    private static bool TryMake(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return TryRemove(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Set(string folder, string file, string value) => File.WriteAllText(Path.Combine(folder, file), value);

    private static void TrySet(string folder, string file, string value)
    {
        try
        {
            var path = Path.Combine(folder, file);
            if (File.Exists(path)) File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Swap accounting and processor time are switched off on some kernels; memory and processes are what must hold.
        }
    }

    /// <summary>The groups of one sandbox, one folder a hierarchy.</summary>
    internal sealed class Group(IReadOnlyList<string> folders)
    {
        /// <summary>Where the helper writes itself in. It has one thread, so in version 1 the file of threads does: through the file of processes
        /// the kernel would first wait for every processor to pass a quiet point, which takes longer than all the rest of a start.</summary>
        public IEnumerable<string> JoinFiles => folders.Select(folder =>
            Path.Combine(folder, "tasks") is var threads && File.Exists(threads) ? threads : Path.Combine(folder, "cgroup.procs"));

        /// <summary>Kills what is still in it and removes it. False when it would not go.</summary>
        public async Task<bool> RemoveAsync()
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var folder in folders)
            {
                for (var pause = 1; !TryRemove(folder); pause = Math.Min(2 * pause, 50))
                {
                    if (Stopwatch.GetElapsedTime(start) > RemovalLimit) return false;
                    KillMembers(folder);
                    await Task.Delay(pause);
                }
            }

            return true;
        }

        private static void KillMembers(string folder)
        {
            try
            {
                foreach (var line in File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
                {
                    using var process = Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture));
                    process.Kill();
                }
            }
            catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException or UnauthorizedAccessException
                or System.ComponentModel.Win32Exception)
            {
                // It ended in the meantime; the next round sees what is left.
            }
        }
    }
}
