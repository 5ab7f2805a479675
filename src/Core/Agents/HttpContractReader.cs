using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents;

/// <summary>Reads what <c>run</c> says of an agent that is an HTTP server.</summary>
internal static class HttpContractReader
{
    private static readonly string[] Keys = ["path", "health", "start", "concurrency"];

    public static HttpContract? Read(StrictYaml run, string protocol)
    {
        if (protocol == "http") return ReadRun(run);
        return run.Keys.FirstOrDefault(Keys.Contains) is { } needless
            ? throw run.Bad(needless, "is for the protocol http", "Remove it, or write 'protocol: http'.")
            : null;
    }

    private static HttpContract ReadRun(StrictYaml run)
    {
        var start = run.Text("start") ?? "30s";
        return new HttpContract
        {
            Path = ReadPath(run, "path", run.Text("path")) ?? "/",
            Health = ReadPath(run, "health", run.Text("health")),
            Start = Durations.TryParse(start, out var limit) && limit >= TimeSpan.FromSeconds(1) && limit <= TimeSpan.FromMinutes(10)
                ? limit
                : throw run.Bad("start", $"is '{start}'", "Use a duration from 1s to 10m, such as 30s."),
            Concurrency = run.WholeNumber("concurrency", 1, 64) ?? 1,
        };
    }

    private static string? ReadPath(StrictYaml run, string key, string? written) => written switch
    {
        null => null,
        { Length: <= 200 } path when path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal) && path.All(letter => letter is > ' ' and <= '~' and not '#') => path,
        var other => throw run.Bad(key, $"is '{other}'", "Write a path on the agent's own server, such as /run."),
    };
}
