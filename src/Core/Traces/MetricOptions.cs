namespace Espalier.Core.Traces;

/// <summary>A <see cref="FeedbackMetric"/> as it stands in configuration.</summary>
public sealed class MetricOptions
{
    public string Name { get; set; } = "";

    /// <summary>From this value on a trace went well. Default 0.5: yes is 1 and no is 0.</summary>
    public double PassAt { get; set; } = 0.5;

    /// <summary>True when it went well below that value instead. Default false.</summary>
    public bool LowerIsBetter { get; set; }
}
