using System.CommandLine;
using System.Globalization;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;

namespace Espalier.Cli.Traces;

/// <summary>Which traces: the same flags for lists and totals.</summary>
internal sealed class TraceFlags
{
    public Option<string?> Agent { get; } = Flags.Agent();

    public Option<string?> Version { get; } = new("--of-version") { HelpName = "SHA", Description = "Only this version's; the full SHA" };

    public Option<string?> Purpose { get; } = new("--purpose") { HelpName = "production|evaluation", Description = "Only traffic or only runs of searches" };

    public Option<string?> Session { get; } = new("--session") { HelpName = "ID", Description = "Only runs of this session" };

    public Option<string?> Conversation { get; } = new("--conversation") { HelpName = "ID", Description = "Only this conversation" };

    public Option<string?> User { get; } = new("--user") { HelpName = "ID", Description = "Only this user's" };

    public Option<string?> Model { get; } = new("--model") { HelpName = "MODEL", Description = "Only those in which this model answered" };

    public Option<string?> Tool { get; } = new("--tool") { HelpName = "NAME", Description = "Only those in which this tool was executed" };

    public Option<string?> Search { get; } = new("--text") { HelpName = "WORDS", Description = "Only those that hold all these words; in double quotes exactly this" };

    public Option<string?> Since { get; } = new("--since") { HelpName = "WHEN", Description = "Only newer ones: a date, or 7d, 24h, 30m ago" };

    public Option<string?> Until { get; } = new("--until") { HelpName = "WHEN", Description = "Only older ones" };

    public Option<bool> Errors { get; } = new("--errors") { Description = "Only those that went wrong" };

    public Option<int> Limit { get; } = Flags.Limit(20);

    public Option<string?> Cursor { get; } = new("--cursor") { HelpName = "CURSOR", Description = "Where the page before ended" };

    public Symbol[] Filters => [Agent, Version, Purpose, Session, Conversation, User, Model, Tool, Search, Since, Until, Errors];

    public TraceQuery Read(Invocation invocation, ParseResult parse) => new()
    {
        Agent = parse.GetValue(Agent),
        Version = parse.GetValue(Version) is { } sha ? new VersionId(sha) : null,
        Purpose = parse.GetValue(Purpose) switch
        {
            null => null,
            "production" => Contracts.Traces.Purpose.Production,
            "evaluation" => Contracts.Traces.Purpose.Evaluation,
            var other => throw CliError.Usage($"--purpose is \"{other}\".", "It is production or evaluation.", "Write --purpose production"),
        },
        Session = parse.GetValue(Session),
        Conversation = parse.GetValue(Conversation),
        User = parse.GetValue(User),
        Model = parse.GetValue(Model),
        Tool = parse.GetValue(Tool),
        Text = parse.GetValue(Search),
        Since = When(parse.GetValue(Since), "--since", invocation.Terminal.Time),
        Until = When(parse.GetValue(Until), "--until", invocation.Terminal.Time),
        HasError = parse.GetValue(Errors) ? true : null,
    };

    /// <summary>An ISO date, or a span before now.</summary>
    internal static DateTimeOffset? When(string? text, string flag, TimeProvider time)
    {
        if (text is null) return null;
        if (text.Length > 1 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < 100_000)
        {
            TimeSpan? span = text[^1] switch
            {
                'd' => TimeSpan.FromDays(count), 'h' => TimeSpan.FromHours(count), 'm' => TimeSpan.FromMinutes(count), 's' => TimeSpan.FromSeconds(count), _ => null,
            };
            if (span is { } before) return time.GetUtcNow() - before;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : throw CliError.Usage($"{flag} is \"{text}\".", "It is a date or a span before now.", $"Write {flag} 7d, {flag} 24h or {flag} 2026-03-01");
    }
}
