namespace Espalier.Gateway.Providers.Local;

/// <summary>How one local model weighs evidence: a label's score is the sum of its examples' similarities, each to a power, and
/// the similarity of its name and description, squared.</summary>
/// <remarks>The powers are round numbers, chosen roughly on two public sets of requests (docs/guides/local-models.md) and not per set.
/// Whole words match seldom, so their similarities fall slower than those of character n-grams.</remarks>
internal sealed record Vote(double ExamplePower)
{
    private const double Floor = 0.30;
    private const double Slope = 0.69;

    public static double OfName(double similarity) => similarity * similarity;

    public double OfExample(double similarity) => Math.Pow(similarity, ExamplePower);

    /// <summary>Confidence grows with the margin of the best label over the second, relative to the best: 0.30 at a tie, 0.99 when no
    /// other label has any evidence. The line is a rough fit of how often such margins were right. No evidence at all is a guess among the labels.</summary>
    public static double Confidence(double best, double second, int labels) =>
        best <= 0 ? 1.0 / labels : Floor + Slope * (1 - second / best);
}
