using Espalier.Cli.Output;
using Espalier.Contracts.Search;
using Espalier.Sdk;
using Espalier.Sdk.Search;

namespace Espalier.Cli.Search;

/// <summary>Follows a session to its end.</summary>
internal static class SessionWatch
{
    public static async Task<SessionSummary> FollowAsync(
        EspalierClient client, string session, Action<SessionSummary> show, CancellationToken cancellationToken)
    {
        await foreach (var update in client.Sessions.WatchAsync(session, cancellationToken: cancellationToken))
            if (update is SessionUpdate.Standing standing) show(standing.Summary);

        // What the stream said last may be older than its end.
        return await client.Sessions.GetAsync(session, cancellationToken);
    }

    public static CliError Failure(SessionSummary session) => new(
        ExitCodes.NoOutcome,
        "session-failed",
        $"Session {session.Id} failed: {session.Reason ?? "no reason was given"}",
        $"It had spent {Text.Money(session.Spent)} of {Text.Money(session.Budget)}; what it found is kept.",
        session.Fix ?? $"Go on with `espalier optimize --resume {session.Id}`.");
}
