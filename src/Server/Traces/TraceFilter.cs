using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Mvc;

namespace Espalier.Server.Traces;

/// <summary>Which traces, as a query string says it; what is not given does not restrict.</summary>
internal sealed record TraceFilter(
    [FromQuery(Name = "agent")] string? Agent, [FromQuery(Name = "version")] string? Version, [FromQuery(Name = "purpose")] string? Purpose,
    [FromQuery(Name = "session")] string? Session, [FromQuery(Name = "conversation")] string? Conversation, [FromQuery(Name = "user")] string? User,
    [FromQuery(Name = "service")] string? Service, [FromQuery(Name = "environment")] string? Environment, [FromQuery(Name = "model")] string? Model,
    [FromQuery(Name = "tool")] string? Tool, [FromQuery(Name = "response_id")] string? ResponseId, [FromQuery(Name = "text")] string? Text,
    [FromQuery(Name = "min_duration_ms")] double? MinDurationMs,
    [FromQuery(Name = "since")] DateTimeOffset? Since, [FromQuery(Name = "until")] DateTimeOffset? Until,
    [FromQuery(Name = "has_error")] bool? HasError, [FromQuery(Name = "limit")] int? Limit, [FromQuery(Name = "cursor")] string? Cursor)
{
    private const double MostMilliseconds = 1e12;

    public TraceQuery ToQuery() => new()
    {
        Agent = Agent,
        Version = Version is null ? null : new VersionId(Version),
        Purpose = QueryWords.Read<Purpose>(Purpose, "purpose"),
        Session = Session,
        Conversation = Conversation,
        User = User,
        Service = Service,
        Environment = Environment,
        Model = Model,
        Tool = Tool,
        ResponseId = ResponseId,
        Text = string.IsNullOrWhiteSpace(Text) ? null : Text,
        MinDuration = Milliseconds(),
        Since = Since,
        Until = Until,
        HasError = HasError,
        Limit = Math.Clamp(Limit ?? 100, 1, 1000),
        Cursor = Cursor,
    };

    private TimeSpan? Milliseconds() => MinDurationMs switch
    {
        null => null,
        >= 0 and <= MostMilliseconds => TimeSpan.FromMilliseconds(MinDurationMs.Value),
        _ => throw new Refusal("parameter-not-valid", 422, $"The parameter min_duration_ms is {MinDurationMs}.", "Give milliseconds, 0 or more."),
    };
}
