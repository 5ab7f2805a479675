using System.Collections.Concurrent;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>The statements that read traces. Their text is fixed; what a caller says travels as parameters.</summary>
internal static class TraceSql
{
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    public static readonly string FindSpans = Fill(Read("find_spans"), "which", Read("which_one"));

    public static readonly string FindTrace = Fill(Read("trace_rows"), "which", Read("which_one"));

    public static readonly string RootTexts = Read("read_root_texts");

    public static readonly string Feedback = Read("read_feedback");

    public static readonly string Extent = Read("read_extent");

    private const string InWindow =
        "SELECT trace_id FROM spans WHERE project = {project:String} "
        + "AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})";

    private const string EndOfWindow = "SELECT max(latest) FROM trace_bounds WHERE project = {project:String} AND trace_id IN (" + InWindow + ")";

    private static readonly string Window = Fill(Fill(Read("which_in_window"), "in_window", InWindow), "end", EndOfWindow);

    // A trace has a value when its first span that knows one says so; at least one of its spans has it then. Looking for those first
    // keeps a search for something rare from putting every trace together.
    private static readonly (Func<TraceQuery, bool> IsAsked, string OfTrace, string? OfSomeSpan)[] Filters =
    [
        (q => q.Agent is not null, "agent = {agent:String}", "agent = {agent:String}"),
        (q => q.Version is not null, "version = {version:String}", "version = {version:String}"),
        (q => q.Purpose is not null, "purpose = {purpose:String}", "purpose = {purpose:String}"),
        (q => q.Session is not null, "session = {session:String}", "session = {session:String}"),
        (q => q.Conversation is not null, "conversation = {conversation:String}", "conversation = {conversation:String}"),
        (q => q.HasError is true, "has_error", "error IS NOT NULL"),
        (q => q.HasError is false, "NOT has_error", null),
    ];

    /// <param name="whole">True when the window holds every span: looking up which traces are in it is then of no use.</param>
    public static string List(TraceQuery query, bool whole) => Compose("list_traces", query, whole);

    public static string Totals(TraceQuery query, bool whole) => Compose("total_traces", query, whole);

    public static ClickHouseParameters Parameters(string project, TraceQuery query, long low, long high)
    {
        var parameters = new ClickHouseParameters().Add("project", project).Add("low", low).Add("high", high);
        if (query.Agent is { } agent) parameters.Add("agent", agent);
        if (query.Version is { } version) parameters.Add("version", version.Value);
        if (query.Purpose is { } purpose) parameters.Add("purpose", TraceWords.Word(purpose));
        if (query.Session is { } session) parameters.Add("session", session);
        if (query.Conversation is { } conversation) parameters.Add("conversation", conversation);
        return parameters;
    }

    private static string Compose(string outer, TraceQuery query, bool whole)
    {
        var asked = Filters.Where(f => f.IsAsked(query)).ToList();
        var within = whole ? "1" : $"start >= fromUnixTimestamp64Micro({{low:Int64}}) AND start <= ({EndOfWindow})";
        var narrowing = asked.Where(f => f.OfSomeSpan is not null)
            .Select(f => $"p.trace_id IN (SELECT trace_id FROM spans WHERE project = {{project:String}} AND {within} AND {f.OfSomeSpan})");
        var which = Fill(whole ? "/*narrowing*/" : Window, "narrowing", And(narrowing));
        var sql = Fill(Read(outer), "trace_rows", Fill(Read("trace_rows"), "which", which));
        return Fill(sql, "filters", And(asked.Select(f => f.OfTrace)));
    }

    private static string And(IEnumerable<string> conditions) => string.Join(" AND ", conditions.DefaultIfEmpty("1"));

    private static string Fill(string text, string place, string with) => text.Replace($"/*{place}*/", with, StringComparison.Ordinal);

    private static string Read(string name) => Texts.GetOrAdd(name, n => EmbeddedSql.Read($"Traces.{n}.sql"));
}
