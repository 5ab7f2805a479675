namespace Espalier.Core.Frontiers.Reports;

/// <summary>Maps values of one axis to pixels and chooses round ticks.</summary>
/// <param name="Low">The value at <paramref name="Start"/>.</param>
/// <param name="High">The value at <paramref name="End"/>.</param>
/// <param name="Start">Pixel.</param>
/// <param name="End">Pixel; smaller than <paramref name="Start"/> for an axis that points up.</param>
/// <param name="IsLog">Equal distances are equal ratios.</param>
internal sealed record PlotScale(double Low, double High, double Start, double End, bool IsLog)
{
    private static readonly double[] s_steps = [1, 2, 2.5, 5, 10];

    /// <summary>Linear, unless the values differ by more than eight times; then the cheap ones would be one heap.</summary>
    /// <param name="values">The points.</param>
    /// <param name="lows">Lower ends of their intervals.</param>
    /// <param name="highs">Upper ends of their intervals.</param>
    public static PlotScale Cost(IReadOnlyList<double> values, IReadOnlyList<double> lows, IReadOnlyList<double> highs, double start, double end)
    {
        double least = values.Min(), most = values.Max();
        if (least > 0 && most / least > 8)
            return new PlotScale(Math.Max(lows.Min(), least / 2) / 1.3, highs.Max() * 1.35, start, end, IsLog: true);
        var (low, high) = (lows.Min(), highs.Max());
        // A single free or constant cost still needs an axis with a width.
        var span = high > low ? high - low : high > 0 ? high : 1;
        return new PlotScale(Math.Max(0, low - (span * 0.12)), high + (span * 0.18), start, end, IsLog: false);
    }

    public static PlotScale Rate(double low, double high, double start, double end)
    {
        var step = high - low > 0.25 ? 0.1 : 0.05;
        low = Math.Max(0, Math.Floor((low - 0.01) / step) * step);
        high = Math.Min(1, Math.Ceiling((high + 0.01) / step) * step);
        return new PlotScale(low, high, start, end, IsLog: false);
    }

    public double Map(double value)
    {
        var share = IsLog
            ? Math.Log(Math.Max(value, Low) / Low) / Math.Log(High / Low)
            : (value - Low) / (High - Low);
        return Start + (Math.Clamp(share, 0, 1) * (End - Start));
    }

    public IReadOnlyList<double> Ticks(int most) => IsLog ? LogTicks(most) : LinearTicks(most);

    private List<double> LinearTicks(int most)
    {
        var rough = (High - Low) / most;
        var unit = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = s_steps.Select(s => s * unit).First(s => s >= rough * 0.999);
        var ticks = new List<double>();
        for (var i = Math.Ceiling((Low / step) - 1e-6); i * step <= High + (step * 1e-6); i++) ticks.Add(i * step);
        return ticks;
    }

    private List<double> LogTicks(int most)
    {
        foreach (var digits in new double[][] { [1, 2, 5], [1, 3], [1] })
        {
            var ticks = new List<double>();
            for (var power = Math.Floor(Math.Log10(Low)); power <= Math.Log10(High); power++)
                ticks.AddRange(digits.Select(d => d * Math.Pow(10, power)).Where(t => t >= Low && t <= High));
            if (ticks.Count <= most) return ticks;
        }

        return [Low, High];
    }
}
