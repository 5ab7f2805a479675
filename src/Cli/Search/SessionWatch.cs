using Espalier.Cli.Output;
using Espalier.Contracts.Search;
using Espalier.Sdk;
using Espalier.Sdk.Search;

namespace Espalier.Cli.Search;

/// <summary>Follows a session to its end.</summary>
internal static class SessionWatch
{
    /// <param name="client">Of the server that runs it.</param>
    /// <param name="session">Its id.</param>
    /// <param name="again">Makes a command that is printed mean the same folder, see <see cref="Output.Invocation.Again"/>.</param>
    /// <param name="show">Called on each change.</param>
    /// <param name="cancellationToken">Stops following; the session goes on.</param>
    public static async Task<SessionSummary> FollowAsync(
        EspalierClient client, string session, Func<string, string> again, Action<SessionSummary> show, CancellationToken cancellationToken)
    {
        var seen = false;
        try
        {
            await foreach (var update in client.Sessions.WatchAsync(session, cancellationToken: cancellationToken))
            {
                seen = true;
                if (update is SessionUpdate.Standing standing) show(standing.Summary);
            }

            // What the stream said last may be older than its end.
            return await client.Sessions.GetAsync(session, cancellationToken);
        }
        catch (EspalierException exception) when (seen && exception.Status is 0 or 401 or 404)
        {
            // The port of a server that died may be another program's by now, which refuses.
            throw Interrupted(session, $"its server at {client.Url} answers no more", null, again);
        }
    }

    /// <summary>Null when the session came to its end.</summary>
    public static CliError? Trouble(SessionSummary session, Func<string, string> again) => session.State switch
    {
        SessionState.Failed => Failure(session, again),
        SessionState.Interrupted => Interrupted(session.Id.Value, session.Reason ?? "it was stopped, or the server was", session.Reason is null ? null : session.Fix, again),
        _ => null,
    };

    private static CliError Interrupted(string session, string reason, string? fix, Func<string, string> again) => new(
        ExitCodes.Unreachable,
        "session-interrupted",
        $"Session {session} was interrupted: {reason.TrimEnd('.')}.",
        "Everything up to there is kept; nothing is paid twice.",
        fix ?? $"Go on with `{again($"espalier optimize --resume {session}")}`.");

    private static CliError Failure(SessionSummary session, Func<string, string> again) => new(
        // A budget that does not reach is a limit, not a fault.
        session.Code == SessionFailureCodes.BudgetSpent ? ExitCodes.StoppedAtLimit : ExitCodes.NoOutcome,
        "session-failed",
        $"Session {session.Id} failed: {session.Reason ?? "no reason was given"}",
        $"It had spent {Text.Money(session.Spent)} of {Text.Money(session.Budget)}; what it found is kept.",
        session.Fix ?? $"Go on with `{again($"espalier optimize --resume {session.Id}")}`.");
}
