using Espalier.Cli.Output;
using Espalier.Contracts.Datasets;
using Espalier.Sdk;

namespace Espalier.Cli.Datasets;

/// <summary>Which dataset a command means: a file, a name, the agent's newest, or one built from its traffic now.</summary>
internal static class DatasetChoice
{
    public static async Task<DatasetRevision> FindAsync(
        Invocation invocation, EspalierClient client, string agent, string? named, string? file, long seed, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            var path = invocation.PathOf(file);
            return await DatasetsCommand.ImportAsync(invocation, client, agent, named ?? Path.GetFileName(path).Split('.')[0], path, seed, cancellationToken);
        }

        var known = (await client.Datasets.ListAsync(agent, cancellationToken)).Items;
        if (named is not null)
        {
            return known.Any(revision => named == revision.Dataset || named.Contains(revision.Id.Value, StringComparison.Ordinal))
                ? await client.Datasets.GetAsync(named, cancellationToken)
                : throw CliError.NotFound(
                    $"{agent} has no dataset \"{named}\".",
                    known.Count == 0 ? "It has none yet." : $"The nearest are {string.Join(", ", Nearest.Of(named, known.Select(revision => revision.Dataset), 3))}.",
                    known.Count == 0 ? "Make one: espalier datasets build, or espalier datasets import FILE" : "See `espalier datasets list`.");
        }

        if (known.MaxBy(revision => revision.CreatedAt) is { } newest) return newest;
        try
        {
            invocation.Say("no dataset yet: building one from the agent's traffic");
            return await client.Datasets.BuildAsync(new BuildDatasetRequest { Agent = agent, Dataset = "traffic", Seed = seed }, cancellationToken);
        }
        catch (EspalierException exception) when (exception.Status is >= 400 and < 500)
        {
            throw CliError.NotFound(
                $"{agent} has no cases to be run on.", $"It has no dataset, and none can be built from its traffic: {exception.What}", "Bring some: espalier datasets import FILE, or espalier traces send FILE");
        }
    }
}
