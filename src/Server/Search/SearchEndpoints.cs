using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Search;
using Espalier.Core.Shared;
using Espalier.Server.Hosting;
using Espalier.Server.OpenApi;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Search;

internal static class SearchEndpoints
{
    private const int LogPage = 1_000;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    public static void MapSearch(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/sessions").WithTags("search");
        sessions.MapPost("/", StartAsync).WithSummary("Start a search").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);
        sessions.MapGet("/", ListAsync).WithSummary("List sessions, newest first");
        sessions.MapGet("/{session}", FindAsync).WithSummary("Show a session by id, name or 'last'").ProducesProblem(404);
        sessions.MapPost("/{session}/resume", ResumeAsync).WithSummary("Go on with an interrupted session").ProducesProblem(404).ProducesProblem(409);
        sessions.MapPost("/{session}/stop", StopAsync).WithSummary("Interrupt a session; it can be resumed").ProducesProblem(404).ProducesProblem(409);
        sessions.MapGet("/{session}/log", LogAsync).WithSummary("The session's events after a number").ProducesProblem(404);
        sessions.MapGet("/{session}/watch", WatchAsync).WithSummary("Follow a session by server-sent events until it ends").ProducesProblem(404)
            .WithMetadata(new EventsOf("Events 'log' (StoredSessionEvent) and 'summary' (SessionSummary), as JSON."));
    }

    private static async Task<Accepted<SessionSummary>> StartAsync(
        StartSessionRequest request, SessionStarter starter, SessionViews views, CancellationToken cancellationToken)
    {
        request.Models?.WithoutNulls("models");
        var header = await starter.StartAsync(request, cancellationToken);
        return TypedResults.Accepted($"/api/v1/sessions/{header.Id}", await views.SummariseAsync(header, cancellationToken));
    }

    private static async Task<Ok<Page<SessionSummary>>> ListAsync(
        string? agent, SessionViews views, CancellationToken cancellationToken)
    {
        var summaries = new List<SessionSummary>();
        foreach (var header in await views.ListAsync(agent, cancellationToken)) summaries.Add(await views.SummariseAsync(header, cancellationToken));
        return TypedResults.Ok(new Page<SessionSummary> { Items = summaries });
    }

    private static async Task<Ok<SessionSummary>> FindAsync(string session, SessionViews views, CancellationToken cancellationToken) =>
        TypedResults.Ok(await views.SummariseAsync(await views.ResolveAsync(session, cancellationToken), cancellationToken));

    private static async Task<Accepted<SessionSummary>> ResumeAsync(string session, SessionViews views, SessionHost host, CancellationToken cancellationToken)
    {
        var header = await views.ResolveAsync(session, cancellationToken);
        if ((await views.FoldAsync(header.Id, cancellationToken)).HasEnded)
            throw new Refusal("session-ended", 409, $"Session {header.Id} has ended.", "Start a new one with 'espalier optimize'.");
        host.Run(header.Id);
        return TypedResults.Accepted($"/api/v1/sessions/{header.Id}", await views.SummariseAsync(header, cancellationToken));
    }

    private static async Task<Ok<SessionSummary>> StopAsync(string session, SessionViews views, SessionHost host, CancellationToken cancellationToken)
    {
        var header = await views.ResolveAsync(session, cancellationToken);
        if (!await host.StopAsync(header.Id, cancellationToken))
            throw new Refusal("session-not-running", 409, $"Session {header.Id} does not run.", "Go on with it by 'espalier optimize --resume'.");
        return TypedResults.Ok(await views.SummariseAsync(header, cancellationToken));
    }

    private static async Task<Ok<Page<StoredSessionEvent>>> LogAsync(
        string session, int? after, ISessionStore store, SessionViews views, CancellationToken cancellationToken)
    {
        var header = await views.ResolveAsync(session, cancellationToken);
        var events = await store.ReadAsync(header.Id, after ?? 0, cancellationToken);
        var page = events.Take(LogPage).ToList();
        return TypedResults.Ok(new Page<StoredSessionEvent>
        {
            Items = page, NextCursor = page.Count < events.Count ? $"{page[^1].Sequence}" : null,
        });
    }

    private static async Task<ServerSentEventsResult<string>> WatchAsync(
        string session, int? after, ISessionStore store, SessionViews views, SessionHost host, TimeProvider time, CancellationToken cancellationToken)
    {
        var header = await views.ResolveAsync(session, cancellationToken);
        return TypedResults.ServerSentEvents(FollowAsync(header, after ?? 0, store, views, host, time, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        SessionHeader header, int after, ISessionStore store, SessionViews views, SessionHost host, TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = host.ProgressOf(header.Id).NextChangeAsync();
            // The state is read before the log, so that the last events are sent before the summary that ends the stream.
            var summary = await views.SummariseAsync(header, cancellationToken);
            foreach (var stored in await store.ReadAsync(header.Id, after, cancellationToken))
            {
                after = stored.Sequence;
                yield return new SseItem<string>(JsonSerializer.Serialize(stored, ContractsJson.Default.StoredSessionEvent), "log");
            }

            yield return new SseItem<string>(JsonSerializer.Serialize(summary, ContractsJson.Default.SessionSummary), "summary");
            if (summary.State != SessionState.Running) yield break;
            await Task.WhenAny(changed, Task.Delay(Heartbeat, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
