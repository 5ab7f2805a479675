using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Search;

/// <summary>Searches: started, watched, stopped and resumed. A session is an id, a name or <c>last</c>.</summary>
public sealed class SessionsClient
{
    private const int Reconnects = 20;

    private readonly RestCaller _caller;
    private readonly TimeProvider _time;

    internal SessionsClient(RestCaller caller, TimeProvider time) => (_caller, _time) = (caller, time);

    public Task<SessionSummary> StartAsync(StartSessionRequest request, CancellationToken cancellationToken = default) =>
        _caller.PostAsync(
            "api/v1/sessions", request, ContractsJson.Default.StartSessionRequest, ContractsJson.Default.SessionSummary, cancellationToken);

    /// <param name="agent">Null lists the sessions of all agents.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Page<SessionSummary>> ListAsync(string? agent, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(
            RestCaller.Query("api/v1/sessions", ("agent", agent)), ContractsJson.Default.PageSessionSummary, cancellationToken);

    public Task<SessionSummary> GetAsync(string session, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(Path(session), ContractsJson.Default.SessionSummary, cancellationToken);

    /// <summary>Goes on where the log ends.</summary>
    public async Task<SessionSummary> ResumeAsync(string session, CancellationToken cancellationToken = default)
    {
        await _caller.PostAsync($"{Path(session)}/resume", cancellationToken).ConfigureAwait(false);
        return await GetAsync(session, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets running work end and starts no more.</summary>
    public async Task<SessionSummary> StopAsync(string session, CancellationToken cancellationToken = default)
    {
        await _caller.PostAsync($"{Path(session)}/stop", cancellationToken).ConfigureAwait(false);
        return await GetAsync(session, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The session's events after a place in its log, first one first.</summary>
    public async IAsyncEnumerable<StoredSessionEvent> LogAsync(
        string session, int? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var page = await _caller.GetAsync(
                RestCaller.Query($"{Path(session)}/log", ("after", after?.ToString())),
                ContractsJson.Default.PageStoredSessionEvent,
                cancellationToken).ConfigureAwait(false);
            foreach (var entry in page.Items)
            {
                after = entry.Sequence;
                yield return entry;
            }

            if (page.NextCursor is null || page.Items.Count == 0) yield break;
        }
    }

    /// <summary>Follows a session until it ends; a broken connection is taken up again where it broke.</summary>
    /// <param name="session">Id, name or <c>last</c>.</param>
    /// <param name="after">The place in the log to start after; null starts at its beginning.</param>
    /// <param name="cancellationToken">Stops watching; the session goes on.</param>
    public async IAsyncEnumerable<SessionUpdate> WatchAsync(
        string session, int? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var broken = 0;
        while (true)
        {
            var ended = false;
            var connection = await TryConnectAsync(session, after, broken, cancellationToken).ConfigureAwait(false);
            if (connection is not null)
            {
                using (connection)
                {
                    var updates = ReadAsync(connection, cancellationToken).GetAsyncEnumerator(cancellationToken);
                    await using (updates.ConfigureAwait(false))
                    {
                        while (await TryMoveAsync(updates, cancellationToken).ConfigureAwait(false))
                        {
                            broken = 0;
                            var update = updates.Current;
                            if (update is SessionUpdate.Logged logged) after = logged.Entry.Sequence;
                            if (update is SessionUpdate.Standing standing) ended = standing.Summary.State != SessionState.Running;
                            yield return update;
                        }
                    }
                }
            }

            if (ended || broken > Reconnects) yield break;
            broken++;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2000, 100 * broken)), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Path(string session) => $"api/v1/sessions/{Uri.EscapeDataString(session)}";

    private static async IAsyncEnumerable<SessionUpdate> ReadAsync(
        HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken).ConfigureAwait(false))
            {
                if (item.Data.Length == 0) continue;
                if (item.EventType == "summary")
                    yield return new SessionUpdate.Standing(JsonSerializer.Deserialize(item.Data, ContractsJson.Default.SessionSummary)!);
                else if (item.EventType == "log")
                    yield return new SessionUpdate.Logged(JsonSerializer.Deserialize(item.Data, ContractsJson.Default.StoredSessionEvent)!);
            }
        }
    }

    /// <summary>False at the end of the stream and when it breaks: the caller knows by the session's state which it was.</summary>
    private static async ValueTask<bool> TryMoveAsync(IAsyncEnumerator<SessionUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Null when the server is away and the patience is not used up; a refusal is thrown at once.</summary>
    private async Task<HttpResponseMessage?> TryConnectAsync(string session, int? after, int broken, CancellationToken cancellationToken)
    {
        try
        {
            var path = RestCaller.Query($"{Path(session)}/watch", ("after", after?.ToString()));
            return await _caller.SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        }
        catch (EspalierException exception) when (exception.Code == EspalierException.Unreachable && broken < Reconnects)
        {
            return null;
        }
    }
}
