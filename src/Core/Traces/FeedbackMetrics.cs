namespace Espalier.Core.Traces;

/// <summary>The metrics that feedback may tell. Feedback of another name is quarantined: kept and shown apart, but counted nowhere.</summary>
public sealed class FeedbackMetrics
{
    /// <summary>Known everywhere: outcomes from systems of record, and the opinions that user interfaces collect.</summary>
    public static IReadOnlyList<FeedbackMetric> BuiltIn { get; } =
    [
        new("outcome"), new("pass"), new("success"), new("task_success"), new("correct"), new("resolved"), new("deflection"),
        new("thumbs"), new("user_thumbs"), new("user_feedback"), new("helpful"), new("score"), new("reward"),
        new("csat", PassAt: 4), new("rating", PassAt: 4), new("nps", PassAt: 9),
        new("escalated", LowerIsBetter: true), new("escalation", LowerIsBetter: true), new("complaint", LowerIsBetter: true),
        new("comment"), new("demonstration"), new("correction"),
    ];

    private readonly Dictionary<string, FeedbackMetric> _metrics;

    /// <param name="own">The project's own; one of a built-in name replaces it.</param>
    public FeedbackMetrics(IEnumerable<FeedbackMetric> own)
    {
        _metrics = BuiltIn.ToDictionary(metric => metric.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var metric in own) _metrics[metric.Name] = metric;
    }

    public IEnumerable<string> Names => _metrics.Keys.Order(StringComparer.Ordinal);

    public FeedbackMetric? Find(string name) => _metrics.GetValueOrDefault(name);

    public bool IsKnown(string name) => _metrics.ContainsKey(name);
}
