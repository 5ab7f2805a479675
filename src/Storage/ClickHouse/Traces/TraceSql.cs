using System.Collections.Concurrent;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>The statements that read traces. Their text is fixed; what a caller says travels as parameters.</summary>
internal static class TraceSql
{
    private static readonly ConcurrentDictionary<string, string> Texts = new();

    private const string InputTokens =
        "(ifNull(t.input_uncached, 0) + ifNull(t.cache_read, 0) + ifNull(t.cache_write, 0) + ifNull(t.cache_write_hour, 0) + ifNull(t.input_audio, 0))";

    private const string OutputTokens = "(ifNull(t.output_text, 0) + ifNull(t.output_reasoning, 0) + ifNull(t.output_audio, 0))";

    public static readonly string FindSpans = Read("find_spans");

    public static readonly string Decide = Read("decide_samples");

    public static readonly string MoveKept = Read("move_kept_spans");

    public static readonly string MarkDecided = Read("mark_decided_traces");

    public static readonly string Feedback = Read("read_feedback");

    public static readonly string UnknownMetrics = Read("read_unknown_metrics");

    public static readonly string Extent = Read("read_extent");

    private static readonly (Func<TraceQuery, bool> IsAsked, string Condition)[] Filters =
    [
        (q => q.Agent is not null, "agent = {agent:String}"),
        (q => q.Version is not null, "version = {version:String}"),
        (q => q.Purpose is not null, "purpose = {purpose:String}"),
        (q => q.Session is not null, "session = {session:String}"),
        (q => q.Conversation is not null, "conversation = {conversation:String}"),
        (q => q.User is not null, "user = {user:String}"),
        (q => q.Service is not null, "service = {service:String}"),
        (q => q.Environment is not null, "environment = {environment:String}"),
        (q => q.Model is not null, "has(models, {model:String})"),
        (q => q.Tool is not null, "has(tools, {tool:String})"),
        (q => q.ResponseId is not null, "has(response_ids, {response:String})"),
        (q => q.MinDuration is not null, "duration_us >= {min_duration_us:Int64}"),
        (q => q.HasError is true, "has_error"),
        (q => q.HasError is false, "NOT has_error"),
        (q => q.Text is not null, "hasAllTokens(words, {tokens:Array(String)})"),
        (q => q.Text is not null && SearchWords.PhraseOf(q.Text) is not null, "position(words, {phrase:String}) > 0"),
    ];

    public static string List(TraceQuery query) => WithFilters("list_traces", query);

    public static string Totals(TraceQuery query) => WithFilters("total_traces", query);

    public static string BreakDown(TraceQuery query, IReadOnlyList<TraceDimension> by)
    {
        var sql = WithFilters("break_down_traces", query);
        var byModel = by.Contains(TraceDimension.Model);
        sql = Fill(sql, "keys", "[" + string.Join(", ", by.Select(KeyOf)) + "]::Array(Nullable(String))");
        sql = Fill(sql, "errors", byModel ? "m_errors" : "t.has_error");
        sql = Fill(sql, "calls", byModel ? "m_count" : "t.model_calls");
        sql = Fill(sql, "cost", byModel ? "m_cost" : "t.known_cost_nano");
        sql = Fill(sql, "unpriced", byModel ? "m_unpriced" : "t.unpriced_calls");
        sql = Fill(sql, "input", byModel ? "m_input" : InputTokens);
        sql = Fill(sql, "output", byModel ? "m_output" : OutputTokens);
        sql = Fill(sql, "duration", byModel ? "m_us / greatest(1, m_count)" : "t.duration_us");
        var joins = new List<string>();
        if (byModel)
            joins.Add(
                "ARRAY JOIN models AS m_name, model_counts AS m_count, model_errors AS m_errors, model_unpriced AS m_unpriced, model_costs AS m_cost, "
                + "model_inputs AS m_input, model_outputs AS m_output, model_us AS m_us");
        else if (by.Contains(TraceDimension.Tool)) joins.Add("LEFT ARRAY JOIN tools AS tool");
        sql = Fill(sql, "join", string.Join('\n', joins));
        var time = by.Index().Where(one => one.Item is TraceDimension.Hour or TraceDimension.Day).Select(one => $"keys[{one.Index + 1}]").FirstOrDefault();
        return Fill(sql, "order", (time is null ? "" : time + ", ") + "traces DESC, keys");
    }

    public static ClickHouseParameters Parameters(string project, TraceQuery query, long low, long high)
    {
        var parameters = new ClickHouseParameters().Add("project", project).Add("low", low).Add("high", high);
        if (query.Agent is { } agent) parameters.Add("agent", agent);
        if (query.Version is { } version) parameters.Add("version", version.Value);
        if (query.Purpose is { } purpose) parameters.Add("purpose", TraceWords.Word(purpose));
        if (query.Session is { } session) parameters.Add("session", session);
        if (query.Conversation is { } conversation) parameters.Add("conversation", conversation);
        if (query.User is { } user) parameters.Add("user", user);
        if (query.Service is { } service) parameters.Add("service", service);
        if (query.Environment is { } environment) parameters.Add("environment", environment);
        if (query.Model is { } model) parameters.Add("model", model);
        if (query.Tool is { } tool) parameters.Add("tool", tool);
        if (query.ResponseId is { } response) parameters.Add("response", response);
        if (query.MinDuration is { } duration) parameters.Add("min_duration_us", duration.Ticks / TimeSpan.TicksPerMicrosecond);
        if (query.Text is { } text) parameters.Add("tokens", SearchWords.TokensOf(text));
        if (query.Text is not null && SearchWords.PhraseOf(query.Text) is { } phrase) parameters.Add("phrase", phrase);
        return parameters;
    }

    private static string KeyOf(TraceDimension dimension) => dimension switch
    {
        TraceDimension.Hour => "formatDateTime(toStartOfHour(t.start), '%Y-%m-%dT%H:00:00Z', 'UTC')",
        TraceDimension.Day => "formatDateTime(toStartOfDay(t.start), '%Y-%m-%dT00:00:00Z', 'UTC')",
        TraceDimension.Agent => "toString(t.agent)",
        TraceDimension.Version => "toString(t.version)",
        TraceDimension.Model => "nullIf(toString(m_name), '')",
        TraceDimension.Purpose => "toString(t.purpose)",
        TraceDimension.Service => "toString(t.service)",
        TraceDimension.Environment => "toString(t.environment)",
        TraceDimension.User => "t.user",
        TraceDimension.Conversation => "t.conversation",
        TraceDimension.Prompt => "nullIf(concat(ifNull(toString(t.prompt_name), ''), if(t.prompt_version IS NULL, '', concat(' ', toString(t.prompt_version)))), '')",
        TraceDimension.Tool => "nullIf(toString(tool), '')",
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "is no dimension"),
    };

    private static string WithFilters(string name, TraceQuery query) =>
        Fill(Read(name), "filters", string.Join(" AND ", Filters.Where(f => f.IsAsked(query)).Select(f => f.Condition).DefaultIfEmpty("1")));

    private static string Fill(string text, string place, string with) => text.Replace($"/*{place}*/", with, StringComparison.Ordinal);

    private static string Read(string name) => Texts.GetOrAdd(name, n => EmbeddedSql.Read($"Traces.{n}.sql"));
}
