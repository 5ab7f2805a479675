using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Dialects;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Makes the canonical span of a draft: its identity and times, its price, and everything that no dialect found a place for.</summary>
internal sealed class SpanBuilder(DialectChain dialects, IPricing? pricing)
{
    private const ulong LastNanosecond = 9_000_000_000_000_000_000;
    private readonly Dictionary<uint, IReadOnlyList<string>?> _names = [];
    private readonly DecodeScratch _scratch = new(_ => 0);

    public Span Span(SpanDraft draft, uint keys)
    {
        var item = draft.Item;
        var start = item.Start == 0 ? item.End : Math.Min(item.Start, LastNanosecond);
        var end = Math.Min(item.End, LastNanosecond);
        if (item.End < item.Start) draft.Odd(item.End == 0 ? "it has no end time" : "it ends before it starts");
        var usage = draft.Usage.ToUsage(out var oddity);
        if (oddity is not null) draft.Odd(oddity);
        var at = Times.Of(start);
        var price = Price(draft, usage, at);
        return new Span
        {
            TraceId = new TraceId(item.TraceId!),
            SpanId = new SpanId(item.SpanId!),
            ParentId = item.ParentId is { } parent ? new SpanId(parent) : null,
            Kind = draft.Kind!.Value,
            Name = item.Name,
            Start = at,
            Duration = end > start ? Times.Between(start, end) : TimeSpan.Zero,
            Error = draft.Error,
            Agent = AgentOf(draft),
            Version = (draft.Version ?? draft.AgentVersion ?? item.Resource.Version) is { } version ? new VersionId(version) : null,
            Purpose = Purpose.Production,
            Conversation = draft.Conversation,
            User = draft.User,
            Provider = draft.Provider,
            ModelRequested = draft.ModelRequested,
            Model = draft.Model,
            Usage = usage,
            Cost = price.Cost,
            CostReason = price.Reason,
            PriceTable = price.Table,
            Input = draft.Input,
            Output = draft.Output,
            Service = item.Resource.Service,
            Environment = item.Resource.Environment ?? draft.Environment,
            Details = Details(draft, keys),
            Attributes = Rest(draft),
        };
    }

    /// <summary>A record becomes a span below the one that it belongs to, named by its content, so that sending it again changes nothing.</summary>
    public Span Record(SpanDraft draft)
    {
        var item = draft.Item;
        var id = ContentHash.Of(16, item.TraceId, item.SpanId, item.Name, item.Start.ToString(System.Globalization.CultureInfo.InvariantCulture), item.Body.AsText(), draft.Input, draft.Output);
        return new Span
        {
            TraceId = new TraceId(item.TraceId!),
            SpanId = new SpanId(id),
            ParentId = new SpanId(item.SpanId!),
            Kind = SpanKind.Event,
            Name = item.Name,
            Start = Times.Of(Math.Min(item.Start, LastNanosecond)),
            Duration = TimeSpan.Zero,
            Error = draft.Error,
            Agent = AgentOf(draft),
            Purpose = Purpose.Production,
            Input = draft.Input,
            Output = draft.Output,
            Service = item.Resource.Service,
            Environment = item.Resource.Environment,
            Details = Details(draft, item.Attributes.Dialects),
            Attributes = Rest(draft),
        };
    }

    private static string AgentOf(SpanDraft draft) =>
        draft.Agent ?? draft.Item.Resource.Agent ?? draft.Item.Resource.Service ?? draft.AgentName ?? draft.Workflow ?? "unknown";

    private (Contracts.Shared.Usd? Cost, string? Reason, string? Table) Price(SpanDraft draft, TokenUsage? usage, DateTimeOffset at)
    {
        var hasTokens = usage is not null && ((usage.InputTotal() ?? 0) > 0 || (usage.OutputTotal() ?? 0) > 0);
        if (draft.Cost is { Nano: > 0 } told || (draft.Cost is not null && !hasTokens)) return (draft.Cost, "reported by the client", null);
        // Clients that do not know a model's price say that it is free.
        if (draft.Cost is not null) draft.Odd("the client reported a cost of 0 for a call that used tokens");
        if (draft.Kind is not (SpanKind.Model or SpanKind.ModelAggregate or SpanKind.Embedding or SpanKind.Rerank)) return (null, null, null);
        if (usage is null) return (null, "the client reported no usage", null);
        if ((draft.Model ?? draft.ModelRequested) is not { } model) return (null, "the client did not name the model", null);
        if (pricing is null) return (null, "there is no price table", null);
        var price = pricing.Price(draft.Provider, model, usage, at);
        return (price.Cost, price.Reason, price.Table);
    }

    private SpanDetails? Details(SpanDraft draft, uint keys)
    {
        if (!_names.TryGetValue(keys, out var names)) _names[keys] = names = dialects.Names(keys);
        var details = new SpanDetails
        {
            Operation = draft.Operation ?? OperationOf(draft.Kind),
            Dialects = names,
            AgentName = draft.AgentName,
            AgentVersion = draft.AgentVersion,
            ResponseId = draft.ResponseId,
            FinishReasons = draft.FinishReasons,
            Streaming = draft.Streaming,
            TimeToFirstToken = draft.TimeToFirstToken,
            Thinking = draft.Thinking,
            RequestedTools = draft.RequestedTools,
            ToolDefinitions = draft.ToolDefinitions,
            Tool = draft.Tool,
            ToolCallId = draft.ToolCallId,
            Documents = draft.Documents,
            Prompt = draft.PromptName is null && draft.PromptVersion is null ? null : new PromptReference { Name = draft.PromptName, Version = draft.PromptVersion },
            Handoff = draft.Handoff,
            GuardrailTriggered = draft.GuardrailTriggered,
            Tags = draft.Tags,
            HttpStatus = draft.HttpStatus,
            Oddities = draft.Oddities.Count == 0 ? null : [.. draft.Oddities],
        };
        return names is null && details == Empty ? null : details;
    }

    private static SpanDetails Empty { get; } = new();

    private static string? OperationOf(SpanKind? kind) => kind switch
    {
        SpanKind.Model => "chat",
        SpanKind.Embedding => "embeddings",
        _ => null,
    };

    /// <summary>All that is not in the span by now: attributes, the resource's, events, links, the scope.</summary>
    private Dictionary<string, string> Rest(SpanDraft draft)
    {
        var item = draft.Item;
        var kept = item.Resource.Kept;
        var rest = new Dictionary<string, string>(kept.Count + 4);
        for (var i = 0; i < item.Attributes.Count; i++)
            if (!item.Attributes.IsUsed(i) && item.Attributes.ValueAt(i).AsText() is { } text) rest[item.Attributes.KeyAt(i)] = text;
        foreach (var (key, value) in kept) rest.TryAdd(key, value);
        if (item.ScopeName.Length > 0) rest.TryAdd("otel.scope.name", item.ScopeName);
        if (item.ScopeVersion.Length > 0) rest.TryAdd("otel.scope.version", item.ScopeVersion);
        if (item.TraceState is not null) rest.TryAdd("otel.trace_state", item.TraceState);
        if (item.Links is not null) rest.TryAdd("otel.links", item.Links);
        if (item.Role is > 1 and < 6) rest.TryAdd("otel.kind", item.Role switch { 2 => "server", 3 => "client", 4 => "producer", _ => "consumer" });
        if (item.Status == 2 && item.StatusMessage is { } message && message != draft.Error) rest.TryAdd("otel.status_message", message);
        if (item.IsRecord && draft.Input is null && draft.Output is null && draft.RequestedTools is null && item.Body.AsText() is { } body) rest.TryAdd("otel.body", body);
        if (Events(item) is { } events) rest.TryAdd("otel.events", events);
        return rest;
    }

    private string? Events(OtlpEntry item)
    {
        Utf8JsonWriter? writer = null;
        for (var i = 0; i < item.EventCount; i++)
        {
            var told = item.Event(i);
            if (told.IsUsed) continue;
            if (writer is null) (writer = _scratch.Writer).WriteStartArray();
            writer.WriteStartObject();
            writer.WriteString("name"u8, told.Name);
            if (told.Time > 0) writer.WriteString("at"u8, Times.Of(Math.Min(told.Time, LastNanosecond)));
            writer.WriteStartObject("attributes"u8);
            for (var a = 0; a < told.Attributes.Count; a++)
                if (told.Attributes.ValueAt(a).AsText() is { } text) writer.WriteString(told.Attributes.KeyAt(a), text);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        if (writer is null) return null;
        writer.WriteEndArray();
        return Encoding.UTF8.GetString(_scratch.TakeWritten());
    }
}
