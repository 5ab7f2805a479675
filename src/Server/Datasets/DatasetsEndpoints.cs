using System.Globalization;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Core.Datasets;
using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Server.Agents;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Espalier.Server.Datasets;

internal static class DatasetsEndpoints
{
    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var datasets = routes.MapGroup("/datasets").WithTags("datasets");
        datasets.MapPost("/build", BuildAsync).WithSummary("Make a revision from production traces").ProducesProblem(404).ProducesProblem(422);
        datasets.MapPost("/import", ImportAsync).TakesBulk().WithSummary("Make a revision from cases").ProducesProblem(404).ProducesProblem(422);
        datasets.MapGet("/", ListAsync).WithSummary("List revisions, newest first");
        datasets.MapGet("/{dataset}", FindAsync).WithSummary("Show a revision by name, name@revision or revision").ProducesProblem(404);
        datasets.MapGet("/{dataset}/cases", CasesAsync).WithSummary("List a revision's cases; the vault's are not shown").ProducesProblem(403).ProducesProblem(404);
    }

    private static async Task<Ok<DatasetRevision>> BuildAsync(
        BuildDatasetRequest request, AgentDirectory agents, DatasetBuilder builder, ISpanSink spans, CancellationToken cancellationToken)
    {
        request.Curators.WithoutNulls("curators");
        var agent = await agents.FindAsync(request.Agent, cancellationToken);
        await spans.FlushAsync(cancellationToken);
        return TypedResults.Ok(await builder.BuildAsync(request, agent.Contract, cancellationToken));
    }

    private static async Task<Ok<DatasetRevision>> ImportAsync(
        ImportDatasetRequest request, AgentDirectory agents, DatasetBuilder builder, CancellationToken cancellationToken)
    {
        request.Cases.WithoutNulls("cases");
        await agents.FindAsync(request.Agent, cancellationToken);
        return TypedResults.Ok(await builder.ImportAsync(request, cancellationToken));
    }

    private static async Task<Ok<Page<DatasetRevision>>> ListAsync(string? agent, IDatasetStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<DatasetRevision> { Items = await store.ListAsync(agent, cancellationToken) });

    private static async Task<Ok<DatasetRevision>> FindAsync(string dataset, IDatasetStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await store.ResolveAsync(dataset, cancellationToken));

    private static async Task<Ok<Page<Case>>> CasesAsync(
        string dataset, [FromQuery(Name = "split")] string? named, int? limit, string? cursor, IDatasetStore store, CancellationToken cancellationToken)
    {
        var split = QueryWords.Read<Split>(named, "split");
        if (split == Split.Vault)
            throw new Refusal("vault-closed", 403, "The vault's cases are not shown.", "It is opened once, when a release asks for it.");
        var revision = await store.ResolveAsync(dataset, cancellationToken);
        var cases = (await store.ReadCasesAsync(revision.Id, split, cancellationToken)).Where(one => one.Split != Split.Vault).ToList();
        var start = cursor is null ? 0 : int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? at
            : throw new Refusal("cursor-not-valid", 422, $"'{cursor}' is not a cursor of this list.", "Take next_cursor of the page before.");
        var page = cases.Skip(start).Take(Math.Clamp(limit ?? 100, 1, 1000)).ToList();
        return TypedResults.Ok(new Page<Case>
        {
            Items = page,
            NextCursor = start + page.Count < cases.Count ? (start + page.Count).ToString(CultureInfo.InvariantCulture) : null,
        });
    }
}
