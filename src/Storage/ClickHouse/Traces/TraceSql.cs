using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>The statements that read traces. Their text is fixed; what a caller says travels as parameters.</summary>
internal static class TraceSql
{
    public static readonly string FindSpans = Read("find_spans").Replace("/*which*/", Read("which_one"), StringComparison.Ordinal);

    public static readonly string FindTrace = Rows(Read("which_one"));

    public static readonly string RootTexts = Read("read_root_texts");

    public static readonly string Feedback = Read("read_feedback");

    public static readonly string Extent = Read("read_extent");

    private static readonly string ListAll = Compose("list_traces", "1");
    private static readonly string ListWindow = Compose("list_traces", Read("which_in_window"));
    private static readonly string TotalAll = Compose("total_traces", "1");
    private static readonly string TotalWindow = Compose("total_traces", Read("which_in_window"));

    /// <param name="whole">True when the window holds every span: looking up which traces are in it is then of no use.</param>
    public static string List(TraceQuery query, bool whole) => WithFilters(whole ? ListAll : ListWindow, query);

    public static string Totals(TraceQuery query, bool whole) => WithFilters(whole ? TotalAll : TotalWindow, query);

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

    private static string WithFilters(string sql, TraceQuery query)
    {
        var filters = new List<string> { "1" };
        if (query.Agent is not null) filters.Add("agent = {agent:String}");
        if (query.Version is not null) filters.Add("version = {version:String}");
        if (query.Purpose is not null) filters.Add("purpose = {purpose:String}");
        if (query.Session is not null) filters.Add("session = {session:String}");
        if (query.Conversation is not null) filters.Add("conversation = {conversation:String}");
        if (query.HasError is { } hasError) filters.Add(hasError ? "has_error" : "NOT has_error");
        return sql.Replace("/*filters*/", string.Join(" AND ", filters), StringComparison.Ordinal);
    }

    private static string Compose(string outer, string which) => Read(outer).Replace("/*trace_rows*/", Rows(which), StringComparison.Ordinal);

    private static string Rows(string which) => Read("trace_rows").Replace("/*which*/", which, StringComparison.Ordinal);

    private static string Read(string name) => EmbeddedSql.Read($"Traces.{name}.sql");
}
