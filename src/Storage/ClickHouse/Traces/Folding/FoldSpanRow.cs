using System.Text;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>Reads from a row as <see cref="SpanRow.Write"/> makes it what folding needs: the same that read_fold_spans.sql reads back.</summary>
internal static class FoldSpanRow
{
    // As much of a tool's texts as read_fold_spans.sql reads.
    private const int MostToolCharacters = 2000;

    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>Goes over a row and tells what it is of.</summary>
    public static (string Project, TraceId Trace, long Written) ReadKey(ref RowBinaryReader row, ref FoldKeyTexts texts)
    {
        var project = texts.Project(row.ReadText());
        var trace = texts.Trace(row.ReadText());
        // span_id, parent_id, kind, name
        row.SkipStrings(1);
        row.SkipNullableStrings(1);
        row.SkipStrings(2);
        // start, duration_us
        row.Skip(16);
        // error, agent, version, purpose, then conversation to model
        row.SkipNullableStrings(1);
        row.SkipStrings(1);
        row.SkipNullableStrings(1);
        row.SkipStrings(1);
        row.SkipNullableStrings(8);
        SkipUsage(ref row);
        // cost_nano; cost_reason, price_table; confidence; service to prompt_version, details, input, output
        row.SkipNullableNumbers(1);
        row.SkipNullableStrings(2);
        row.SkipNullableNumbers(1);
        row.SkipNullableStrings(11);
        row.SkipStrings(2 * row.ReadLength());
        return (project, trace, row.ReadInt64());
    }

    public static Span Read(ref RowBinaryReader row, TraceId trace, StringPool pool)
    {
        row.SkipStrings(2);
        var span = row.ReadString();
        var parent = row.ReadNullableString();
        var kind = TraceWords.Kind(pool.Get(row.ReadText()));
        var name = pool.Get(row.ReadText());
        var start = row.ReadInt64();
        var duration = row.ReadInt64();
        var error = row.ReadNullableString();
        var agent = pool.Get(row.ReadText());
        var version = Pooled(ref row);
        var purpose = TraceWords.Purpose(pool.Get(row.ReadText()));
        var conversation = row.ReadNullableString();
        var user = row.ReadNullableString();
        var session = Pooled(ref row);
        // case_id, role, provider
        row.SkipNullableStrings(3);
        var requested = Pooled(ref row);
        var model = Pooled(ref row);
        var usage = ReadUsage(ref row);
        var cost = row.ReadNullableInt64();
        row.SkipNullableStrings(2);
        row.SkipNullableNumbers(1);
        var service = Pooled(ref row);
        var environment = Pooled(ref row);
        var tool = Pooled(ref row);
        var response = row.ReadNullableString();
        var agentName = Pooled(ref row);
        var agentVersion = Pooled(ref row);
        var promptName = Pooled(ref row);
        var promptVersion = Pooled(ref row);
        row.SkipNullableStrings(1);
        var hasText = parent is null || kind is SpanKind.Agent or SpanKind.Chain;
        var input = ReadText(ref row, hasText || kind == SpanKind.Retrieval, kind);
        var output = ReadText(ref row, hasText || kind is SpanKind.Model or SpanKind.Event, kind);
        return new Span
        {
            TraceId = trace,
            SpanId = new(span),
            ParentId = parent is null ? null : new SpanId(parent),
            Kind = kind,
            Name = name,
            Start = UnixMicros.To(start),
            Duration = TimeSpan.FromMicroseconds(duration),
            Error = error,
            Agent = agent,
            Version = version is null ? null : new Contracts.Agents.VersionId(version),
            Purpose = purpose,
            Conversation = conversation,
            User = user,
            Session = session,
            ModelRequested = requested,
            Model = model,
            Usage = usage,
            Cost = cost is { } nano ? new Usd(nano) : null,
            Input = input,
            Output = output,
            Service = service,
            Environment = environment,
            Details = tool is null && response is null && agentName is null && agentVersion is null && promptName is null && promptVersion is null ? null : new SpanDetails
            {
                Tool = tool,
                ResponseId = response,
                AgentName = agentName,
                AgentVersion = agentVersion,
                Prompt = promptName is null && promptVersion is null ? null : new PromptReference { Name = promptName, Version = promptVersion },
            },
            Attributes = NoAttributes,
        };

        string? Pooled(ref RowBinaryReader row) => row.ReadBool() ? null : pool.Get(row.ReadText());
    }

    private static TokenUsage? ReadUsage(ref RowBinaryReader row)
    {
        var has = row.ReadBool();
        var usage = new TokenUsage
        {
            InputUncached = row.ReadNullableInt64(),
            CacheRead = row.ReadNullableInt64(),
            CacheWrite = row.ReadNullableInt64(),
            CacheWriteHour = row.ReadNullableInt64(),
            InputAudio = row.ReadNullableInt64(),
            OutputText = row.ReadNullableInt64(),
            OutputReasoning = row.ReadNullableInt64(),
            OutputAudio = row.ReadNullableInt64(),
        };
        SkipBilledCalls(ref row);
        return has ? usage : null;
    }

    private static void SkipUsage(ref RowBinaryReader row)
    {
        row.Skip(1);
        row.SkipNullableNumbers(8);
        SkipBilledCalls(ref row);
    }

    private static void SkipBilledCalls(ref RowBinaryReader row)
    {
        for (var left = row.ReadLength(); left > 0; left--)
        {
            row.SkipStrings(1);
            row.Skip(8);
        }
    }

    private static string? ReadText(ref RowBinaryReader row, bool isWhole, SpanKind kind)
    {
        if (row.ReadBool()) return null;
        var text = row.ReadText();
        return isWhole ? Encoding.UTF8.GetString(text) : kind == SpanKind.Tool ? Encoding.UTF8.GetString(Start(text)) : null;
    }

    private static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MostToolCharacters) return text;
        var characters = 0;
        for (var i = 0; i < text.Length; i++)
        {
            // Every byte but those that continue a character begins one.
            if ((text[i] & 0xC0) != 0x80 && characters++ == MostToolCharacters) return text[..i];
        }

        return text;
    }
}

/// <summary>The last project and trace that were read, since rows that stand together are mostly of one trace.</summary>
internal ref struct FoldKeyTexts
{
    private ReadOnlySpan<byte> _project;
    private ReadOnlySpan<byte> _trace;
    private string? _projectText;
    private TraceId? _traceText;

    public string Project(ReadOnlySpan<byte> utf8)
    {
        if (_projectText is { } last && utf8.SequenceEqual(_project)) return last;
        _project = utf8;
        return _projectText = Encoding.UTF8.GetString(utf8);
    }

    public TraceId Trace(ReadOnlySpan<byte> utf8)
    {
        if (_traceText is { } last && utf8.SequenceEqual(_trace)) return last;
        _trace = utf8;
        _traceText = new TraceId(Encoding.UTF8.GetString(utf8));
        return _traceText.Value;
    }
}
