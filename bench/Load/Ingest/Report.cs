using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Espalier.Ingest;

/// <summary>What was measured, as numbers.</summary>
internal sealed record Report
{
    public required string Command { get; init; }

    public required int Processors { get; init; }

    public required long Spans { get; init; }

    public required double BytesPerSpan { get; init; }

    /// <summary>From the first request until the last acknowledgement.</summary>
    public required double AcknowledgedPerSecond { get; init; }

    /// <summary>From the first request until REST counts every trace.</summary>
    public required double QueryablePerSecond { get; init; }

    public required Quantiles AcknowledgeMs { get; init; }

    /// <summary>From a trace's acknowledgement until REST shows it.</summary>
    public required Quantiles QueryableMs { get; init; }

    public required int BusyAnswers { get; init; }

    public required double ServerCpuUsPerSpan { get; init; }

    public required double ServerAllocatedBytesPerSpan { get; init; }

    public required double ServerPauseSeconds { get; init; }

    public required double ServerWorkingSetMib { get; init; }

    public required double StoreCpuUsPerSpan { get; init; }

    public required double ClientCpuUsPerSpan { get; init; }

    public double? RawRowsPerSecond { get; init; }

    public double? RawStoreCpuUsPerRow { get; init; }

    /// <summary>Queryable spans a second over the raw insert rate of the store alone.</summary>
    public double? RatioToRaw => QueryablePerSecond / RawRowsPerSecond;

    public string ToText()
    {
        var lines = new List<string>
        {
            Line($"spans             {Spans:N0} of {BytesPerSpan:N0} bytes, {Processors} processors"),
            Line($"acknowledged      {AcknowledgedPerSecond:N0} spans/s   request p50 {AcknowledgeMs.P50:N1} ms, p99 {AcknowledgeMs.P99:N1} ms, told to come back {BusyAnswers} times"),
            Line($"queryable         {QueryablePerSecond:N0} spans/s   after acknowledgement p50 {QueryableMs.P50:N0} ms, p99 {QueryableMs.P99:N0} ms, most {QueryableMs.Most:N0} ms ({QueryableMs.Count} probes)"),
            Line($"server            {ServerCpuUsPerSpan:N1} us CPU and {ServerAllocatedBytesPerSpan:N0} bytes allocated a span, paused {ServerPauseSeconds:N2} s, working set {ServerWorkingSetMib:N0} MiB"),
            Line($"store             {StoreCpuUsPerSpan:N1} us CPU a span"),
            Line($"this client       {ClientCpuUsPerSpan:N1} us CPU a span"),
        };
        if (RawRowsPerSecond is { } raw) lines.Add(Line($"store alone       {raw:N0} rows/s, {RawStoreCpuUsPerRow:N1} us CPU a row; ratio {RatioToRaw:N2}"));
        return string.Join('\n', lines);
    }

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

internal sealed record Quantiles(int Count, double P50, double P99, double Most)
{
    /// <param name="ordered">By size.</param>
    public static Quantiles Of(IReadOnlyList<double> ordered) => ordered.Count == 0
        ? new Quantiles(0, double.NaN, double.NaN, double.NaN)
        : new Quantiles(ordered.Count, ordered[ordered.Count / 2], ordered[Math.Min(ordered.Count - 1, ordered.Count * 99 / 100)], ordered[^1]);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
