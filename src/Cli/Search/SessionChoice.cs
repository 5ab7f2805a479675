using Espalier.Cli.Output;
using Espalier.Sdk;

namespace Espalier.Cli.Search;

/// <summary>Which session a command means: an id, a name, or the newest one.</summary>
internal static class SessionChoice
{
    public static async Task<string> NewestAsync(EspalierClient client, string? agent, CancellationToken cancellationToken)
    {
        var sessions = (await client.Sessions.ListAsync(agent, cancellationToken)).Items;
        return sessions.MaxBy(session => session.CreatedAt)?.Id.Value
            ?? throw CliError.NotFound("There is no session yet.", agent is null ? "The server has run no search." : $"No search was run for {agent}.", "Start one: espalier optimize");
    }

    /// <summary>The id; an unknown name is answered with the nearest ones.</summary>
    public static async Task<string> ResolveAsync(EspalierClient client, string? text, CancellationToken cancellationToken)
    {
        if (text is null or "last") return await NewestAsync(client, null, cancellationToken);
        var sessions = (await client.Sessions.ListAsync(null, cancellationToken)).Items;
        var found = sessions.Where(session => session.Id.Value == text).Concat(sessions.Where(session => session.Name == text).OrderByDescending(session => session.CreatedAt)).FirstOrDefault()
            ?? sessions.FirstOrDefault(session => text.Length >= 8 && session.Id.Value.StartsWith(text, StringComparison.Ordinal));
        if (found is not null) return found.Id.Value;
        var known = sessions.Select(session => session.Id.Value).Concat(sessions.Where(session => session.Name is not null).Select(session => session.Name!)).Append("last");
        throw CliError.NotFound($"There is no session \"{text}\".", $"The nearest are {string.Join(", ", Nearest.Of(text, known, 3))}.", "See `espalier sessions list`.");
    }
}
