namespace Espalier.Core.Traces;

/// <summary>Which production traces are kept, decided when a trace is complete. Runs of searches are always kept.</summary>
public sealed class SamplingOptions
{
    /// <summary>Share of ordinary traces that is kept, in (0, 1]. Default 1: all of them. Whole conversations are kept or not.</summary>
    public double KeepShare { get; set; } = 1;

    /// <summary>A trace whose answer has come is decided when nothing more came for so long. Default 10 s.</summary>
    public TimeSpan Quiet { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A trace without an answer is decided when nothing more came for so long. Default 5 minutes.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Traces that last at least so long are all kept; null, the default, for no such rule.</summary>
    public TimeSpan? KeepSlowerThan { get; set; }

    /// <summary>Traces that cost at least so many USD are all kept; null, the default, for no such rule.</summary>
    public decimal? KeepDearerThan { get; set; }

    /// <summary>Traces of these users are all kept. Default none.</summary>
    public List<string> KeepUsers { get; set; } = [];

    /// <summary>Traces in which one of these tools was executed are all kept: <c>transfer_to_human</c>, say. Default none.</summary>
    public List<string> KeepTools { get; set; } = [];

    /// <summary>Traces of these versions are all kept: a canary's, say. Default none.</summary>
    public List<string> KeepVersions { get; set; } = [];

    public bool IsOn => KeepShare < 1;

    internal string? FindProblem() =>
        KeepShare is <= 0 or > 1 or double.NaN ? $"{TracesOptions.Section}:Sampling:KeepShare is {KeepShare}; it is above 0 and at most 1."
        : Quiet <= TimeSpan.Zero || Patience < Quiet ? $"{TracesOptions.Section}:Sampling:Quiet is {Quiet} and Patience {Patience}; both are positive, and Patience is the longer one."
        : null;
}
