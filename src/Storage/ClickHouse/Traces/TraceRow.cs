using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces;
using Espalier.Storage.Sqlite;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>One row of the table of traces, as a list reads it.</summary>
internal sealed record TraceRow
{
    public required string TraceId { get; init; }

    public required long StartUs { get; init; }

    public required long DurationUs { get; init; }

    public required string Agent { get; init; }

    public IReadOnlyList<string> Agents { get; init; } = [];

    public string? Version { get; init; }

    public required string Purpose { get; init; }

    public string? Conversation { get; init; }

    public string? User { get; init; }

    public string? Session { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public string? PromptName { get; init; }

    public string? PromptVersion { get; init; }

    public required int Spans { get; init; }

    public required int ModelCalls { get; init; }

    public required int Attempts { get; init; }

    public IReadOnlyList<string> Tools { get; init; } = [];

    public IReadOnlyList<string> ResponseIds { get; init; } = [];

    public long? InputUncached { get; init; }

    public long? CacheRead { get; init; }

    public long? CacheWrite { get; init; }

    public long? CacheWriteHour { get; init; }

    public long? InputAudio { get; init; }

    public long? OutputText { get; init; }

    public long? OutputReasoning { get; init; }

    public long? OutputAudio { get; init; }

    public required long KnownCostNano { get; init; }

    public required int UnpricedCalls { get; init; }

    public IReadOnlyList<string> Models { get; init; } = [];

    public string? Error { get; init; }

    public required bool Incomplete { get; init; }

    public string? Input { get; init; }

    public string? Output { get; init; }

    public required double Probability { get; init; }

    public TraceSummary ToSummary(IReadOnlyList<Feedback> feedback) => new()
    {
        TraceId = new(TraceId),
        Start = UnixMicros.To(StartUs),
        Duration = TimeSpan.FromMicroseconds(DurationUs),
        Agent = Agent,
        Agents = Agents.Count == 0 ? null : Agents,
        Version = Version is { } version ? new VersionId(version) : null,
        Purpose = TraceWords.Purpose(Purpose),
        Conversation = Conversation,
        User = User,
        Session = Session,
        Service = Service,
        Environment = Environment,
        Prompt = PromptName is null && PromptVersion is null ? null : new PromptReference { Name = PromptName, Version = PromptVersion },
        Input = Input,
        Output = Output,
        Error = Error,
        Incomplete = Incomplete ? true : null,
        Cost = TraceSummaries.CostOf(UnpricedCalls, new Usd(KnownCostNano)),
        UnpricedCalls = UnpricedCalls,
        Spans = Spans,
        ModelCalls = ModelCalls,
        Attempts = Attempts,
        Models = Models.Where(model => model.Length > 0).ToList() is { Count: > 0 } known ? known : null,
        Tools = Tools.Count == 0 ? null : Tools,
        Usage = new()
        {
            InputUncached = InputUncached,
            CacheRead = CacheRead,
            CacheWrite = CacheWrite,
            CacheWriteHour = CacheWriteHour,
            InputAudio = InputAudio,
            OutputText = OutputText,
            OutputReasoning = OutputReasoning,
            OutputAudio = OutputAudio,
        },
        Probability = Probability < 1 ? Probability : null,
        Feedback = feedback,
    };
}
