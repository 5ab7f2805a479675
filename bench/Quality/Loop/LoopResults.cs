using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Espalier.Loop;

/// <summary>Keeps a set's runs: every answer as JSON, and a table for people.</summary>
internal static class LoopResults
{
    public static async Task WriteAsync(LoopSet set, IReadOnlyList<LoopRun> runs, CancellationToken cancellationToken)
    {
        var stem = Path.Combine(Directory.CreateDirectory(Path.Combine("bench", "results")).FullName, $"loop-{set.Name}");
        await using (var file = File.Create(stem + ".json"))
        await using (var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            foreach (var run in runs) WriteAnswer(json, run.Answer);
            json.WriteEndArray();
        }

        await File.WriteAllTextAsync(stem + ".md", Table(set, runs), cancellationToken);
    }

    /// <summary>The demo's answer without what depends on the machine: folders, ids by time, seconds.</summary>
    private static void WriteAnswer(Utf8JsonWriter json, JsonElement answer)
    {
        json.WriteStartObject();
        foreach (var property in answer.EnumerateObject().Where(property => property.Name is not ("folder" or "report" or "session" or "seconds" or "rollback_seconds")))
            property.WriteTo(json);
        json.WriteEndObject();
    }

    private static string Table(LoopSet set, IReadOnlyList<LoopRun> runs)
    {
        var text = new StringBuilder();
        var margin = runs.Min(run => run.Best is null ? double.NegativeInfinity : run.Best.PassRate - run.Baseline.PassRate) * 100;
        text.Append(CultureInfo.InvariantCulture, $"""
            # The loop on {set.Name}

            Command: `bench/Quality/Loop/run.sh {set.Name}`. Agent: samples/support-triage with the set's labels; models local/char-nn (baseline) and
            local/word-nn; budget 2 USD; all numbers from the confirm split (never searched on), 95% Wilson intervals. "Best" is the version with the highest
            pass rate that costs no more per request than the baseline. {runs.Count(run => run.Succeeded)} of {runs.Count} seeds reach +20 points; the smallest gain is {margin:0.0} points.

            | seed | cases | baseline | best at no higher cost | gain, points | cost ratio | edits | spent, USD |
            |---|---|---|---|---|---|---|---|

            """);
        foreach (var run in runs)
        {
            var spent = run.Answer.GetProperty("spent_usd").GetDecimal();
            var cases = run.Answer.GetProperty("cases").GetProperty("confirm").GetInt32();
            text.Append(CultureInfo.InvariantCulture, $"| {run.Seed} | {cases} | {run.Baseline} | {run.Best?.ToString() ?? "none"} | ");
            text.Append(run.Best is { } best
                ? $"{(best.PassRate - run.Baseline.PassRate) * 100:+0.0;-0.0} | {best.CostUsd / run.Baseline.CostUsd:0.00} | {string.Join("; ", best.Edits)} | "
                : "- | - | - | ");
            text.Append(CultureInfo.InvariantCulture, $"{spent:0.00} |\n");
        }

        return text.ToString();
    }
}
