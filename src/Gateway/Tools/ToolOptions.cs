using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Tools;

/// <summary>Limits of the tool proxy, and the secrets that it puts into requests of tools.</summary>
public sealed class ToolOptions
{
    /// <summary>Largest request of a tool in bytes; 1 KiB to 64 MiB, default 4 MiB: arguments are texts, seldom files.</summary>
    [Range(1 << 10, 64 << 20)]
    public int MaxBodyBytes { get; set; } = 4 << 20;

    /// <summary>Most calls of tools that one run may make; 1 to 1,000,000, default 1,000: an agent in a loop ends here.</summary>
    [Range(1, 1_000_000)]
    public int MaxCallsPerRun { get; set; } = 1000;

    /// <summary>Calls that one tool server answers at the same time, 1 to 1,024; default 16. Others wait, within the tool's time limit.</summary>
    [Range(1, 1024)]
    public int MaxConcurrentCalls { get; set; } = 16;

    /// <summary>Tool servers that run or are connected at the same time, 1 to 1,024; default 32. The one that was idle longest makes room.</summary>
    [Range(1, 1024)]
    public int MaxServers { get; set; } = 32;

    /// <summary>Starts of one tool server within a minute, 1 to 100; default 5: one that ends at once is not started for ever.</summary>
    [Range(1, 100)]
    public int MaxStartsPerMinute { get; set; } = 5;

    /// <summary>A tool server that was asked nothing for this long is ended; 1 s to 1 day, default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Secrets by the names that contracts refer to. They go to trusted tool servers alone, never into a sandbox or a trace. Default none.</summary>
    public IDictionary<string, string> Secrets { get; set; } = new Dictionary<string, string>();
}
