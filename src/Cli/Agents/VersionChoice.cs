using Espalier.Cli.Output;
using Espalier.Cli.Search;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Frontiers;
using Espalier.Sdk;

namespace Espalier.Cli.Agents;

/// <summary>What a version is called: a SHA prefix, <c>production</c>, <c>head</c>, or by the newest session <c>baseline</c>, <c>best</c>, <c>cheapest</c>.</summary>
internal static class VersionChoice
{
    private static readonly string[] Words = ["production", "head", "baseline", "best", "cheapest"];

    public static async Task<string> ResolveAsync(EspalierClient client, AgentSummary agent, string text, CancellationToken cancellationToken)
    {
        switch (text)
        {
            case "production":
                return agent.Production.Value;
            case "head":
                return agent.Head.Value;
            case "baseline" or "best" or "cheapest":
                return await FromFrontierAsync(client, agent.Agent, text, cancellationToken);
            default:
                if (text.Length >= 4 && text.All(char.IsAsciiHexDigit)) return text.ToLowerInvariant();
                throw CliError.Usage(
                    $"\"{text}\" names no version.",
                    $"The nearest names are {string.Join(", ", Nearest.Of(text, Words, 3))}; or a SHA's first 4 digits or more.",
                    "See `espalier frontier` for versions.");
        }
    }

    private static async Task<string> FromFrontierAsync(EspalierClient client, string agent, string word, CancellationToken cancellationToken)
    {
        var session = await SessionChoice.NewestAsync(client, agent, cancellationToken);
        var points = (await client.Frontiers.GetAsync(session, cancellationToken)).Points;
        return Choose(points, word)?.Version.Value
            ?? throw CliError.NotFound($"Session {session} has no {word} version.", "Nothing was confirmed in it.", "Run `espalier optimize` with a larger budget.");
    }

    internal static FrontierPoint? Choose(IReadOnlyList<FrontierPoint> points, string word) => word switch
    {
        "baseline" => points.FirstOrDefault(point => point.IsBaseline),
        "best" => points.Where(point => point.OnFrontier).OrderByDescending(point => point.PassRate.Value).ThenBy(point => point.CostPerRequest).FirstOrDefault(),
        _ => points.Where(point => point.OnFrontier).OrderBy(point => point.CostPerRequest).FirstOrDefault(),
    };
}
