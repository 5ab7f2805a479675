using Espalier.Contracts.Shared;

namespace Espalier.Cli.Traces;

/// <summary>What sent requests came to, as far as their right answers are known.</summary>
internal sealed record TrafficTally
{
    public int Requests { get; init; }

    /// <summary>Requests whose right answer is known.</summary>
    public int Labelled { get; init; }

    public int Right { get; init; }

    /// <summary>Requests that got no answer.</summary>
    public int Failed { get; init; }

    /// <summary>Sum of the known costs.</summary>
    public Usd Cost { get; init; }

    public int Priced { get; init; }

    public Interval? PassRate => Labelled == 0 ? null : Wilson(Right, Labelled);

    public Usd? CostPerRequest => Priced == 0 ? null : new Usd(Cost.Nano / Priced);

    /// <summary>Wilson's 95% score interval of a share (Wilson 1927).</summary>
    internal static Interval Wilson(int right, int of)
    {
        const double Z = 1.959963984540054;
        double n = of;
        var share = right / n;
        var centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n);
        var half = Z / (1 + Z * Z / n) * Math.Sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
        return new Interval(share, Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
