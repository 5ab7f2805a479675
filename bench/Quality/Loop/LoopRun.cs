using System.Diagnostics;
using System.Text.Json;

namespace Espalier.Loop;

/// <summary>One demo: its JSON answer and the version that the claim is about.</summary>
internal sealed record LoopRun(int Seed, JsonElement Answer, LoopPoint Baseline, LoopPoint? Best)
{
    /// <summary>At least 20 points above the baseline's pass rate at no higher cost per request, both on the confirm split.</summary>
    public bool Succeeded => Best is not null && Best.PassRate - Baseline.PassRate >= 0.20;

    public static async Task<LoopRun> MakeAsync(LoopSet set, int seed, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("espalier-loop-").FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            string[] arguments = ["artifacts/bin/Cli/release/espalier.dll", "demo", "--json", "--seed", $"{seed}", "--data-dir", folder];
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            if (set.File is { } file)
            {
                start.ArgumentList.Add("--data");
                start.ArgumentList.Add(file);
            }

            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new InvalidOperationException($"The demo ended with exit code {process.ExitCode}: {await errors}");
            return Read(seed, JsonDocument.Parse(output).RootElement);
        }
        finally
        {
            await StopServerAsync(folder, cancellationToken);
            Directory.Delete(folder, recursive: true);
        }
    }

    public string Words() => Best is null
        ? $"baseline {Baseline}, no version at no higher cost"
        : $"baseline {Baseline}, best at no higher cost {Best} ({(Best.PassRate - Baseline.PassRate) * 100:+0.0} points at {Best.CostUsd / Baseline.CostUsd:0.00} of the cost)";

    private static LoopRun Read(int seed, JsonElement answer)
    {
        var baseline = LoopPoint.Read(answer.GetProperty("baseline"));
        var best = answer.GetProperty("frontier").EnumerateArray().Select(LoopPoint.Read)
            .Where(point => point.Version != baseline.Version && point.CostUsd <= baseline.CostUsd)
            .MaxBy(point => point.PassRate);
        return new LoopRun(seed, answer, baseline, best);
    }

    private static async Task StopServerAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var info in Directory.EnumerateFiles(folder, "server.json", SearchOption.AllDirectories))
        {
            using var down = Process.Start("dotnet", ["artifacts/bin/Cli/release/espalier.dll", "down", "--quiet", "-C", Path.GetDirectoryName(Path.GetDirectoryName(info)!)!]);
            await down.WaitForExitAsync(cancellationToken);
        }
    }
}

/// <summary>One version as the demo's JSON tells it.</summary>
internal sealed record LoopPoint(string Version, double PassRate, double Low, double High, double CostUsd, IReadOnlyList<string> Edits)
{
    public static LoopPoint Read(JsonElement point) => new(
        point.GetProperty("version").GetString()!, point.GetProperty("pass_rate").GetDouble(), point.GetProperty("pass_rate_low").GetDouble(),
        point.GetProperty("pass_rate_high").GetDouble(), point.GetProperty("cost_usd").GetDouble(),
        [.. point.GetProperty("edits").EnumerateArray().Select(edit => edit.GetString()!)]);

    public override string ToString() => $"{PassRate * 100:0.0}% ({Low * 100:0.0} to {High * 100:0.0}) at ${CostUsd * 1000:0.0000} per 1,000";
}
