using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>A span as a row of the table: how it is written, and how it is read back.</summary>
/// <remarks>The order of <see cref="Insert"/> is the order of <see cref="Write"/>. Journals keep written rows, so this order is never
/// changed: a new column makes a new kind of record in the journal.</remarks>
internal sealed record SpanRow
{
    public const string Insert = "INSERT INTO spans " + Columns;

    public const string InsertPending = "INSERT INTO pending_spans " + Columns;

    private const string Columns =
        "(project, trace_id, span_id, parent_id, kind, name, start, duration_us, error, agent, version, purpose, conversation, "
        + "user, session, case_id, role, provider, model_requested, model, has_usage, input_uncached, cache_read, cache_write, cache_write_hour, "
        + "input_audio, output_text, output_reasoning, output_audio, billed_calls, cost_nano, cost_reason, price_table, confidence, service, "
        + "environment, tool, response_id, agent_name, agent_version, prompt_name, prompt_version, details, input, output, attributes, written) "
        + "FORMAT RowBinary";

    public required string TraceId { get; init; }

    public required string SpanId { get; init; }

    public string? ParentId { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required long StartUs { get; init; }

    public required long DurationUs { get; init; }

    public string? Error { get; init; }

    public required string Agent { get; init; }

    public string? Version { get; init; }

    public required string Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public string? CaseId { get; init; }

    public string? Role { get; init; }

    public string? Provider { get; init; }

    public string? ModelRequested { get; init; }

    public string? Model { get; init; }

    public bool HasUsage { get; init; }

    public long? InputUncached { get; init; }

    public long? CacheRead { get; init; }

    public long? CacheWrite { get; init; }

    public long? CacheWriteHour { get; init; }

    public long? InputAudio { get; init; }

    public long? OutputText { get; init; }

    public long? OutputReasoning { get; init; }

    public long? OutputAudio { get; init; }

    /// <summary>Null where it was not read.</summary>
    public Dictionary<string, long>? BilledCalls { get; init; }

    public long? CostNano { get; init; }

    public string? CostReason { get; init; }

    public string? PriceTable { get; init; }

    public double? Confidence { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public string? Tool { get; init; }

    public string? ResponseId { get; init; }

    public string? AgentName { get; init; }

    public string? AgentVersion { get; init; }

    public string? PromptName { get; init; }

    public string? PromptVersion { get; init; }

    /// <summary>The rest of <see cref="SpanDetails"/> as JSON.</summary>
    public string? Details { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    /// <summary>Null where they were not read.</summary>
    public Dictionary<string, string>? Attributes { get; init; }

    public long Written { get; init; }

    /// <param name="written">Grows with every write: of two rows for one span the greater counts.</param>
    public static void Write(RowBinaryWriter row, string project, Span span, long written)
    {
        row.Write(project);
        row.Write(span.TraceId.Value);
        row.Write(span.SpanId.Value);
        row.WriteNullable(span.ParentId?.Value);
        row.Write(TraceWords.Word(span.Kind));
        row.Write(span.Name);
        row.Write(span.Start);
        row.Write(span.Duration.Ticks / TimeSpan.TicksPerMicrosecond);
        row.WriteNullable(span.Error);
        row.Write(span.Agent);
        row.WriteNullable(span.Version?.Value);
        row.Write(TraceWords.Word(span.Purpose));
        row.WriteNullable(span.Conversation);
        row.WriteNullable(span.User);
        row.WriteNullable(span.Session);
        row.WriteNullable(span.Case?.Value);
        row.WriteNullable(span.Role is { } role ? TraceWords.Word(role) : null);
        row.WriteNullable(span.Provider);
        row.WriteNullable(span.ModelRequested);
        row.WriteNullable(span.Model);
        row.Write(span.Usage is not null);
        row.WriteNullable(span.Usage?.InputUncached);
        row.WriteNullable(span.Usage?.CacheRead);
        row.WriteNullable(span.Usage?.CacheWrite);
        row.WriteNullable(span.Usage?.CacheWriteHour);
        row.WriteNullable(span.Usage?.InputAudio);
        row.WriteNullable(span.Usage?.OutputText);
        row.WriteNullable(span.Usage?.OutputReasoning);
        row.WriteNullable(span.Usage?.OutputAudio);
        row.Write(span.Usage?.BilledCalls);
        row.WriteNullable(span.Cost?.Nano);
        row.WriteNullable(span.CostReason);
        row.WriteNullable(span.PriceTable);
        row.WriteNullable(span.Confidence);
        row.WriteNullable(span.Service);
        row.WriteNullable(span.Environment);
        row.WriteNullable(span.Details?.Tool);
        row.WriteNullable(span.Details?.ResponseId);
        row.WriteNullable(span.Details?.AgentName);
        row.WriteNullable(span.Details?.AgentVersion);
        row.WriteNullable(span.Details?.Prompt?.Name);
        row.WriteNullable(span.Details?.Prompt?.Version);
        row.WriteNullable(DetailsText.Write(span.Details));
        row.WriteNullable(span.Input);
        row.WriteNullable(span.Output);
        row.Write(span.Attributes);
        row.Write(written);
    }

    public Span ToSpan() => new()
    {
        TraceId = new(TraceId),
        SpanId = new(SpanId),
        ParentId = ParentId is { } parent ? new SpanId(parent) : null,
        Kind = TraceWords.Kind(Kind),
        Name = Name,
        Start = UnixMicros.To(StartUs),
        Duration = TimeSpan.FromMicroseconds(DurationUs),
        Error = Error,
        Agent = Agent,
        Version = Version is { } version ? new VersionId(version) : null,
        Purpose = TraceWords.Purpose(Purpose),
        Conversation = Conversation,
        User = User,
        Session = Session,
        Case = CaseId is { } id ? new CaseId(id) : null,
        Role = Role is { } role ? TraceWords.Role(role) : null,
        Provider = Provider,
        ModelRequested = ModelRequested,
        Model = Model,
        Usage = HasUsage ? UsageOf() : null,
        Cost = CostNano is { } cost ? new Usd(cost) : null,
        CostReason = CostReason,
        PriceTable = PriceTable,
        Confidence = Confidence,
        Input = Input,
        Output = Output,
        Service = Service,
        Environment = Environment,
        Details = DetailsText.Read(this),
        Attributes = Attributes ?? [],
    };

    private TokenUsage UsageOf() => new()
    {
        InputUncached = InputUncached,
        CacheRead = CacheRead,
        CacheWrite = CacheWrite,
        CacheWriteHour = CacheWriteHour,
        InputAudio = InputAudio,
        OutputText = OutputText,
        OutputReasoning = OutputReasoning,
        OutputAudio = OutputAudio,
        BilledCalls = BilledCalls is { Count: > 0 } ? BilledCalls : null,
    };
}
