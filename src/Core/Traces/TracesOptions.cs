namespace Espalier.Core.Traces;

/// <summary>How traces are kept and read; set as <c>Traces:...</c>, or <c>ESPALIER_Traces__...</c> in the environment.</summary>
public sealed class TracesOptions
{
    public const string Section = "Traces";

    /// <summary>Days that traces are kept, from 1 to 36,500; null, the default, keeps them until they are deleted. Whole days are dropped.</summary>
    public int? KeepDays { get; set; }

    /// <summary>Metrics of the project's own that feedback may tell. Default none; the usual ones are known anyway.</summary>
    public List<MetricOptions> Metrics { get; set; } = [];

    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>What is wrong with the options, in words; null when nothing is.</summary>
    public string? FindProblem()
    {
        if (KeepDays is < 1 or > 36_500) return $"{Section}:KeepDays is {KeepDays}; it is from 1 to 36500, or left out to keep everything.";
        if (Metrics.Find(metric => metric.Name.Length is 0 or > 100) is { } nameless) return $"{Section}:Metrics has a metric named '{nameless.Name}'; a name has 1 to 100 characters.";
        return Sampling.FindProblem();
    }
}
