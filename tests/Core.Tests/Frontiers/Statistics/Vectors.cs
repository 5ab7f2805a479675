using System.Text.Json;
using Espalier.Core.Frontiers.Statistics;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers.Statistics;

/// <summary>Reference values computed with scipy and statsmodels; each file names its source, formula and tolerance.</summary>
internal static class Vectors
{
    public static IEnumerable<(string Name, JsonElement Input, JsonElement Expected)> Read(string method)
    {
        using var document = JsonDocument.Parse(SourceFile.Read($"Vectors/{method}.json"));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c =>
            (c.GetProperty("name").GetString()!, c.GetProperty("input").Clone(), c.GetProperty("expected").Clone()))];
    }

    public static int Int(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    public static double Double(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    public static Tradeoff[] Points(this JsonElement input) => [.. input.GetProperty("points").EnumerateArray().Select(Point)];

    public static Tradeoff Point(this JsonElement pair) => new(pair[0].GetDouble(), pair[1].GetDouble());

    public static void ShouldBeCloseTo(this double actual, double expected, string name) =>
        actual.ShouldBe(expected, Math.Max(1e-9, 1e-9 * Math.Abs(expected)), name);
}
