using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Server.Runs;

/// <summary>Puts the limits that a person asked for in place of the usual ones, and refuses those that no sandbox has.</summary>
internal static class SandboxLimits
{
    private const int LongestCommand = 64 << 10;

    public static TrialRequest Check(SandboxRunRequest asked, TrialRequest usual)
    {
        if (usual.Run.Command.Trim().Length == 0) throw Wrong("command", "empty", "a command line, or name an agent whose command it is");
        if (usual.Run.Command.Length > LongestCommand) throw Wrong("command", $"{usual.Run.Command.Length} letters long", $"at most {LongestCommand}");
        if (asked.Budget is { Nano: < 0 }) throw Wrong("budget", "below zero", "dollars from 0 on");
        Range("timeout", asked.Timeout?.TotalSeconds, 1, 3600, "seconds");
        Range("memory_bytes", asked.MemoryBytes, 16L << 20, 1L << 40, "bytes");
        Range("processes", asked.Processes, 8, 32_768, "");
        Range("open_files", asked.OpenFiles, 64, 1 << 20, "");
        Range("disk_bytes", asked.DiskBytes, 1L << 20, 64L << 30, "bytes");
        Range("disk_files", asked.DiskFiles, 64, 1 << 24, "");
        Range("cores", asked.Cores, 0.1, 1024, "");
        Range("output_bytes", asked.OutputBytes, 1 << 10, 64 << 20, "bytes");
        return usual with
        {
            Run = usual.Run with { Timeout = asked.Timeout ?? usual.Run.Timeout, MemoryBytes = asked.MemoryBytes ?? usual.Run.MemoryBytes },
            Limit = usual.Limit with { Run = asked.Budget ?? usual.Limit.Run },
            Processes = asked.Processes,
            OpenFiles = asked.OpenFiles,
            DiskBytes = asked.DiskBytes,
            DiskFiles = asked.DiskFiles,
            Cores = asked.Cores,
            OutputBytes = asked.OutputBytes,
        };
    }

    private static void Range(string name, double? value, double least, double most, string unit)
    {
        if (value is not { } given || (given >= least && given <= most)) return;
        throw Wrong(name, $"{given:0.###}", $"{least:0.###} to {most:0.###} {unit}".TrimEnd());
    }

    private static Refusal Wrong(string name, string value, string right) =>
        new("limit-not-valid", 422, $"'{name}' is {value}.", $"Write {right}.");
}
