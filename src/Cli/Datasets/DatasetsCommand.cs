using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Cli.Traces;
using Espalier.Contracts;
using Espalier.Contracts.Datasets;
using Espalier.Sdk;

namespace Espalier.Cli.Datasets;

/// <summary><c>datasets list|show|build|import</c>.</summary>
internal static class DatasetsCommand
{
    public static Command Create(Shell shell) => Shell.Noun("datasets", "Sets of cases that versions are run on", List(shell), Show(shell), Build(shell), Import(shell));

    /// <summary>Brings a file's rows in as cases.</summary>
    public static async Task<DatasetRevision> ImportAsync(
        Invocation invocation, EspalierClient client, string agent, string dataset, string path, long seed, CancellationToken cancellationToken)
    {
        var file = await RequestReader.ReadAsync(path, needsLabel: false, cancellationToken);
        RejectedFile.Write(invocation, file);
        if (file.Rows.Count == 0)
            throw CliError.Usage($"No row of {Path.GetFileName(path)} can be used.", $"Line {file.Rejected[0].Line}: {file.Rejected[0].Reason}.", "Mend the file and import it again.");
        return await client.Datasets.ImportAsync(
            new ImportDatasetRequest
            {
                Agent = agent, Dataset = dataset, Seed = seed,
                Cases = [.. file.Rows.Select(row => new ImportedCase { Input = row.Text, Reference = row.Label, Group = row.Group })],
            },
            cancellationToken);
    }

    private static Command List(Shell shell)
    {
        var agentFlag = Flags.Agent();
        return shell.Connected(
            "list",
            "Lists datasets with their newest revisions",
            async (invocation, client, parse, cancellationToken) =>
            {
                var page = await client.Datasets.ListAsync(parse.GetValue(agentFlag), cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageDatasetRevision, () =>
                {
                    var rows = new Rows("dataset", "revision", "agent", "search", "confirm", "vault", "created");
                    foreach (var revision in page.Items)
                    {
                        rows.Add(
                            revision.Dataset, revision.Id.Value, revision.Agent, revision.Search.ToString(), revision.Confirm.ToString(), revision.Vault.ToString(), revision.CreatedAt.ToString("u"));
                    }

                    rows.Write(invocation);
                });
                return ExitCodes.Done;
            },
            agentFlag);
    }

    private static Command Show(Shell shell)
    {
        var name = new Argument<string>("dataset") { HelpName = "DATASET", Description = "A name, name@revision or a revision" };
        var split = new Option<string?>("--split") { HelpName = "search|confirm|vault", Description = "List the cases of this split" };
        var limit = Flags.Limit(20);
        return shell.Connected(
            "show",
            "Shows one revision, or the cases of one of its splits",
            async (invocation, client, parse, cancellationToken) =>
            {
                var dataset = parse.GetValue(name)!;
                if (parse.GetValue(split) is not { } wanted)
                {
                    Show(invocation, await GetAsync(client, dataset, cancellationToken));
                    return ExitCodes.Done;
                }

                var page = await client.Datasets.CasesAsync(dataset, Splits.Read(wanted), parse.GetValue(limit), null, cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageCase, () =>
                {
                    var rows = new Rows("case", "group", "reference", "input");
                    foreach (var one in page.Items) rows.Add(one.Id.Value, Text.Cut(one.Group, 24), Text.Cut(one.Reference, 30), Text.Cut(one.Input, 70));
                    rows.Write(invocation);
                });
                return ExitCodes.Done;
            },
            name,
            split,
            limit);
    }

    private static Command Build(Shell shell)
    {
        var name = new Argument<string>("dataset") { HelpName = "NAME", DefaultValueFactory = _ => "traffic", Description = "The dataset to add a revision to" };
        var kind = new Option<string[]>("--kind") { HelpName = "traffic|errors", Description = "Which curators choose; repeat for several (both)" };
        var since = new Option<string?>("--since") { HelpName = "WHEN", Description = "Only traces newer than a date, or 7d, 24h" };
        var size = new Option<int?>("--size") { HelpName = "N", Description = "Most cases (all that qualify)" };
        var agentFlag = Flags.Agent();
        var seed = Flags.Seed();
        return shell.Connected(
            "build",
            "Makes a revision from the agent's production traces",
            async (invocation, client, parse, cancellationToken) =>
            {
                var request = new BuildDatasetRequest
                {
                    Agent = await AgentChoice.NameAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken),
                    Dataset = parse.GetValue(name)!,
                    Size = parse.GetValue(size),
                    Since = TraceFlags.When(parse.GetValue(since), "--since", invocation.Terminal.Time),
                    Seed = parse.GetValue(seed),
                };
                if (parse.GetValue(kind) is { Length: > 0 } kinds) request = request with { Curators = kinds };
                Show(invocation, await client.Datasets.BuildAsync(request, cancellationToken));
                invocation.Next("espalier optimize --budget 2usd");
                return ExitCodes.Done;
            },
            name,
            kind,
            since,
            size,
            agentFlag,
            seed);
    }

    private static Command Import(Shell shell)
    {
        var file = new Argument<string>("file") { HelpName = "FILE", Description = "Cases: JSONL, JSON array or CSV, each also as .gz" };
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "The dataset's name (else the file's)" };
        var agentFlag = Flags.Agent();
        var seed = Flags.Seed();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would come in" };
        return shell.Verb(
            "import",
            "Makes a revision from cases that you have",
            async (invocation, parse, cancellationToken) =>
            {
                var path = invocation.PathOf(parse.GetValue(file)!);
                if (parse.GetValue(dryRun)) return await DryRunAsync(invocation, path, cancellationToken);
                // A file that cannot be read starts no server.
                if (!File.Exists(path)) await RequestReader.ReadAsync(path, needsLabel: false, cancellationToken);
                using var client = await Servers.Connection.OpenAsync(invocation, cancellationToken);
                var agent = await AgentChoice.NameAsync(invocation, client, parse.GetValue(agentFlag), cancellationToken);
                var dataset = parse.GetValue(name) ?? Path.GetFileName(path).Split('.')[0];
                Show(invocation, await ImportAsync(invocation, client, agent, dataset, path, parse.GetValue(seed), cancellationToken));
                invocation.Next($"espalier optimize --dataset {dataset} --budget 2usd");
                return ExitCodes.Done;
            },
            file,
            name,
            agentFlag,
            seed,
            dryRun);
    }

    private static async Task<int> DryRunAsync(Invocation invocation, string path, CancellationToken cancellationToken)
    {
        var file = await RequestReader.ReadAsync(path, needsLabel: false, cancellationToken);
        invocation.Line($"{file.Rows.Count} rows, {file.Rejected.Count} left out; text from {file.Columns.Text}, reference from {file.Columns.Label ?? "nowhere"}, group from {file.Columns.Group ?? "nowhere"}");
        foreach (var row in file.Rows.Take(10)) invocation.Line($"  {row.Line,5}  {Text.Cut(row.Label, 30)}  {Text.Cut(row.Text, 80)}");
        foreach (var row in file.Rejected.Take(10)) invocation.Line($"  {row.Line,5}  left out: {row.Reason}");
        return file.Rows.Count > 0 ? ExitCodes.Done : ExitCodes.Usage;
    }

    private static async Task<DatasetRevision> GetAsync(EspalierClient client, string dataset, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Datasets.GetAsync(dataset, cancellationToken);
        }
        catch (EspalierException exception) when (exception.Status == 404)
        {
            var known = (await client.Datasets.ListAsync(null, cancellationToken)).Items.Select(revision => revision.Dataset).Distinct().ToArray();
            throw CliError.NotFound(
                $"There is no dataset \"{dataset}\".",
                known.Length == 0 ? "The server has none." : $"The nearest are {string.Join(", ", Nearest.Of(dataset, known, 3))}.",
                known.Length == 0 ? "Build one: espalier datasets build" : "See `espalier datasets list`.");
        }
    }

    private static void Show(Invocation invocation, DatasetRevision revision) => invocation.Answer(revision, ContractsJson.Default.DatasetRevision, () =>
    {
        invocation.Line($"dataset   {revision.Dataset} of {revision.Agent}");
        invocation.Line($"revision  {revision.Id}");
        invocation.Line($"cases     {revision.Search} search, {revision.Confirm} confirm, {revision.Vault} vault");
        foreach (var (reason, count) in revision.LeftOut) invocation.Line($"left out  {count} {reason}");
    });
}
