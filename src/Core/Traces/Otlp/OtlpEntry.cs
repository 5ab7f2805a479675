namespace Espalier.Core.Traces.Otlp;

/// <summary>One span or log record as it came, before any dialect has read it. Reused from one to the next.</summary>
public sealed class OtlpEntry
{
    private readonly List<OtlpEvent> _events = [];

    public OtlpResource Resource { get; internal set; } = new();

    public string ScopeName { get; internal set; } = "";

    public string ScopeVersion { get; internal set; } = "";

    /// <summary>A log record has a body and belongs to the span that it names; it has no duration and no parent of its own.</summary>
    public bool IsRecord { get; internal set; }

    public string? TraceId { get; internal set; }

    public string? SpanId { get; internal set; }

    public string? ParentId { get; internal set; }

    /// <summary>Name of the span, or of the record's event.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>Nanoseconds since 1970; 0 when not told.</summary>
    public ulong Start { get; internal set; }

    public ulong End { get; internal set; }

    /// <summary>OpenTelemetry's: 0 unset, 1 ok, 2 error.</summary>
    public int Status { get; internal set; }

    public string? StatusMessage { get; internal set; }

    /// <summary>OpenTelemetry's: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.</summary>
    public int Role { get; internal set; }

    public string? TraceState { get; internal set; }

    /// <summary>Links as JSON; null when there are none.</summary>
    public string? Links { get; internal set; }

    public AttributeValue Body { get; internal set; }

    public AttributeSet Attributes { get; } = new();

    public int EventCount { get; private set; }

    /// <summary>Why the item cannot be taken; null when it can.</summary>
    internal string? Fault { get; set; }

    public OtlpEvent Event(int index) => _events[index];

    internal OtlpEvent AddEvent()
    {
        if (EventCount == _events.Count) _events.Add(new OtlpEvent());
        return _events[EventCount++];
    }

    internal void Clear()
    {
        IsRecord = false;
        TraceId = SpanId = ParentId = StatusMessage = TraceState = Links = Fault = null;
        Name = "";
        Start = End = 0;
        Status = Role = 0;
        Body = default;
        Attributes.Clear();
        for (var i = 0; i < EventCount; i++) _events[i].Clear();
        if (_events.Count > 256) _events.RemoveRange(256, _events.Count - 256);
        EventCount = 0;
    }
}
