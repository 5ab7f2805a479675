using System.Diagnostics;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Policies.CallSites;

namespace Espalier.Gateway.Accounting;

/// <summary>One call as the agent made it: where it lies in its trace, and what is to be told about it.</summary>
internal sealed class CallRecord(RunAccount run, string modelRequested, DateTimeOffset start)
{
    // Attempts of one call may run side by side.
    private readonly Lock _lock = new();
    private readonly List<TriedAttempt> _tried = [];
    private int _ended;
    private int _attempts;
    private CallSite? _site;

    public RunAccount Run { get; } = run;

    public SpanId SpanId { get; } = NewSpanId();

    public string ModelRequested { get; } = modelRequested;

    public DateTimeOffset Start { get; } = start;

    public int Attempts => Volatile.Read(ref _attempts);

    public void CountAttempt() => Interlocked.Increment(ref _attempts);

    /// <summary>What the agent said about the call in headers.</summary>
    public CallLabels Labels { get; init; } = CallLabels.None;

    /// <summary>Where in the agent the call comes from; set before anybody asks.</summary>
    public CallSite CallSite => _site ??= FindSite!();

    /// <summary>Null for what is no call of a model with messages.</summary>
    public Func<CallSite>? FindSite { get; set; }

    /// <summary>What the client said about the cache.</summary>
    public CacheWish CacheWish { get; init; }

    /// <summary><c>hit</c>, <c>miss</c> or <c>off</c>.</summary>
    public string CacheState { get; set; } = "off";

    /// <summary>What a hit would have cost; null when there was none, or its price is unknown.</summary>
    public Usd? CostAvoided { get; set; }

    /// <summary>What policies keep about the call, for its span.</summary>
    public Dictionary<string, string> Attributes { get; } = [];

    /// <summary>What was tried and how each ended, in order.</summary>
    public IReadOnlyList<TriedAttempt> Tried
    {
        get
        {
            lock (_lock) return [.. _tried];
        }
    }

    public TriedAttempt Try(string model, AttemptRole role)
    {
        var tried = new TriedAttempt(model, role);
        lock (_lock) _tried.Add(tried);
        return tried;
    }

    /// <summary>Of all attempts that have ended; null when that of one of them is unknown.</summary>
    public Usd? Cost { get; private set; } = Usd.Zero;

    /// <summary>Why the cost is unknown.</summary>
    public string? CostReason { get; private set; }

    /// <summary>Version of the price table.</summary>
    public string? PriceTable { get; private set; }

    /// <summary>True once an attempt has ended and none runs.</summary>
    public bool IsSettled => Attempts > 0 && _ended == Attempts;

    /// <summary>The messages as the agent sent them, JSON.</summary>
    public string? Input { get; set; }

    public string? Output { get; set; }

    public string? Error { get; set; }

    public string? Model { get; set; }

    public double? Confidence { get; set; }

    /// <summary>True once something of a streamed answer could not be sent, because the client has gone.</summary>
    public bool IsLost { get; set; }

    /// <summary>Counts an attempt that has ended.</summary>
    public void Settle(AttemptCost cost, string priceTable)
    {
        lock (_lock)
        {
            _ended++;
            PriceTable = priceTable;
            if (cost.Cost is { } known) Cost = Cost is { } sum ? sum + known : null;
            else (Cost, CostReason) = (null, cost.Reason);
        }
    }

    public static SpanId NewSpanId() => new(ActivitySpanId.CreateRandom().ToHexString());

    /// <summary>What all spans of the call have in common.</summary>
    public Span NewSpan(SpanId id, SpanId? parent, SpanKind kind, string name, DateTimeOffset start, TimeSpan duration)
    {
        RunContext context = Run.Context;
        return new Span
        {
            TraceId = context.TraceId,
            SpanId = id,
            ParentId = parent,
            Kind = kind,
            Name = name,
            Start = start,
            Duration = duration,
            Agent = context.Agent,
            Version = context.Version,
            Purpose = context.Purpose,
            Conversation = context.Conversation,
            User = context.User,
            Session = context.Session,
            Case = context.Case,
            ModelRequested = ModelRequested,
        };
    }
}
