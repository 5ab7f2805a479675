using System.Text.Json.Serialization;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Demo;

/// <summary>What the demo prints with <c>--json</c>: one object, plain numbers in dollars and shares.</summary>
internal sealed record DemoResult
{
    public required DemoPoint Baseline { get; init; }

    public required IReadOnlyList<DemoPoint> Frontier { get; init; }

    public required decimal SpentUsd { get; init; }

    public required decimal BudgetUsd { get; init; }

    public required long Seed { get; init; }

    public required DemoCases Cases { get; init; }

    public required DemoTraffic Live { get; init; }

    /// <summary>Null when no version passes more at the baseline's cost.</summary>
    public string? Released { get; init; }

    /// <summary>Null when no rollback was tried.</summary>
    public double? RollbackSeconds { get; init; }

    public required string Session { get; init; }

    public required string Report { get; init; }

    public required string Folder { get; init; }

    public required double Seconds { get; init; }
}

/// <summary>One version on the confirm split.</summary>
internal sealed record DemoPoint(
    string Version, double PassRate, double PassRateLow, double PassRateHigh, decimal CostUsd, IReadOnlyList<string> Edits)
{
    public static DemoPoint Of(FrontierPoint point) => new(
        point.Version.Value,
        point.PassRate.Value,
        point.PassRate.Low,
        point.PassRate.High,
        point.CostPerRequest.ToDollars(),
        [.. point.Edits.Select(edit => edit.Title)]);
}

internal sealed record DemoCases(int Search, int Confirm, int Vault);

/// <summary>Traffic before and after the release; after is null when nothing was released.</summary>
internal sealed record DemoTraffic(DemoShare Before, DemoShare? After);

internal sealed record DemoShare(int Requests, int Right, double? PassRate, double? PassRateLow, double? PassRateHigh, decimal? CostUsd)
{
    public static DemoShare Of(int requests, int right, Interval? rate, Usd? cost) =>
        new(requests, right, rate?.Value, rate?.Low, rate?.High, cost?.ToDollars());
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DemoResult))]
internal sealed partial class DemoJson : JsonSerializerContext;
