using System.ComponentModel.DataAnnotations;

namespace Espalier.Core.Runs;

/// <summary>How runs are scheduled.</summary>
public sealed class RunsOptions
{
    public const string Section = "Runs";

    /// <summary>Runs in flight at once; 1 to 256; default twice the processors, because runs mostly wait for models.</summary>
    [Range(1, 256)]
    public int Parallelism { get; set; } = Math.Clamp(Environment.ProcessorCount * 2, 1, 256);
}
