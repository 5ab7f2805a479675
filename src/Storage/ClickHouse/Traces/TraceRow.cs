using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>What <c>trace_rows.sql</c> says of one trace.</summary>
internal sealed record TraceRow
{
    public required string TraceId { get; init; }

    public required long StartUs { get; init; }

    public required long DurationUs { get; init; }

    public required string RootId { get; init; }

    public required long RootStartUs { get; init; }

    public required string Agent { get; init; }

    public string? Version { get; init; }

    public required string Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public required int Attempts { get; init; }

    public required int UnpricedAttempts { get; init; }

    public required long KnownCostNano { get; init; }

    public long? InputUncached { get; init; }

    public long? CacheRead { get; init; }

    public long? CacheWrite { get; init; }

    public long? OutputText { get; init; }

    public long? OutputReasoning { get; init; }

    public TraceSummary ToSummary(RootText? root, IReadOnlyList<Feedback> feedback) => new()
    {
        TraceId = new(TraceId),
        Start = UnixMicros.To(StartUs),
        Duration = TimeSpan.FromMicroseconds(DurationUs),
        Agent = Agent,
        Version = Version is { } version ? new VersionId(version) : null,
        Purpose = TraceWords.Purpose(Purpose),
        Conversation = Conversation,
        User = User,
        Input = root?.Input,
        Output = root?.Output,
        Error = root?.Error,
        Cost = UnpricedAttempts > 0 ? null : new Usd(KnownCostNano),
        Attempts = Attempts,
        Usage = new() { InputUncached = InputUncached, CacheRead = CacheRead, CacheWrite = CacheWrite, OutputText = OutputText, OutputReasoning = OutputReasoning },
        Feedback = feedback,
    };
}

/// <summary>The text of a trace's root span, read for the traces of one page only.</summary>
internal sealed record RootText
{
    public required string TraceId { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }
}

internal sealed record TotalsRow
{
    public required long Traces { get; init; }

    public required long Attempts { get; init; }

    public required long Errors { get; init; }

    public required long CostNano { get; init; }

    public required long UnpricedAttempts { get; init; }
}

/// <summary>How many rows there are, and from when to when; answered from the parts' own figures.</summary>
internal sealed record StoreExtent(long Rows, long EarliestUs, long LatestUs);
