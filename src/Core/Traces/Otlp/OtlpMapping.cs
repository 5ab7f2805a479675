using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Dialects;

namespace Espalier.Core.Traces.Otlp;

/// <summary>One request at a time: decodes it, has the dialects read each item and gathers what came out.</summary>
internal sealed class OtlpMapping : IEntrySink
{
    private readonly DialectChain _dialects;
    private readonly SpanBuilder _builder;
    private readonly DecodeScratch _scratch;
    private readonly SpanDraft _draft = new();
    private readonly List<string> _reasons = [];
    private ITraceSink _sink = new GatheredItems();
    private string? _scope;
    private uint _scopeMask;
    private int _accepted, _rejected, _ignored, _items, _attributes;

    public OtlpMapping(DialectChain dialects, IPricing? pricing)
    {
        _dialects = dialects;
        _builder = new SpanBuilder(dialects, pricing);
        _scratch = new DecodeScratch(dialects.OfKey);
    }

    public OtlpOutcome Map(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, ITraceSink sink)
    {
        _sink = sink;
        _accepted = _rejected = _ignored = _items = _attributes = 0;
        var malformed = encoding == OtlpEncoding.Json ? new JsonDecoder(_scratch, this).Read(signal, body) : new ProtobufDecoder(_scratch, this).Read(signal, body);
        var outcome = new OtlpOutcome
        {
            AcceptedItems = malformed is null ? _accepted : 0,
            RejectedItems = _rejected,
            IgnoredItems = malformed is null ? _ignored : 0,
            Reasons = [.. _reasons],
            MalformedReason = malformed,
        };
        _reasons.Clear();
        _scratch.Clear();
        return outcome;
    }

    public bool MayTake()
    {
        if (_items++ < OtlpLimits.Items) return true;
        Reject($"The request holds more than {OtlpLimits.Items} items; send smaller batches.");
        return false;
    }

    public bool MayTakeAttribute() => _attributes++ < OtlpLimits.AttributesPerRequest;

    public void Ignore(int items)
    {
        _accepted += items;
        _ignored += items;
    }

    public void Take(OtlpEntry item)
    {
        if (item.Fault is not null)
        {
            Reject(item.Fault);
            return;
        }

        try
        {
            if (item.IsRecord) TakeRecord(item);
            else TakeSpan(item);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A bug of ours with one item must not cost its sender the rest of the batch.
            Reject($"{OtlpFaults.Unreadable} ({fault.GetType().Name}).");
        }
    }

    private void TakeSpan(OtlpEntry item)
    {
        if (item.TraceId is null || item.SpanId is null)
        {
            Reject(item.TraceId is null ? OtlpFaults.NoTraceId : OtlpFaults.NoSpanId);
            return;
        }

        if (item.Start == 0 && item.End == 0)
        {
            Reject(OtlpFaults.NoTime);
            return;
        }

        _draft.Start(item);
        var keys = item.Attributes.Dialects;
        for (var i = 0; i < item.EventCount; i++) keys |= item.Event(i).Attributes.Dialects;
        _dialects.Read(_draft, keys | ScopeMask(item.ScopeName));
        _sink.Add(_builder.Span(_draft, keys));
        Keep();
    }

    private void TakeRecord(OtlpEntry item)
    {
        // Some name the event in an attribute only.
        if (item.Name.Length == 0 && item.Attributes.Text("event.name") is { } name)
        {
            item.Name = name;
            item.Attributes.Use("event.name");
        }

        if (item.Start == 0) item.Start = item.End;
        item.End = 0;
        _draft.Start(item);
        var mask = item.Attributes.Dialects | ScopeMask(item.ScopeName) | _dialects.OfKey(item.Name);
        if (!_dialects.ReadRecord(_draft, mask))
        {
            Ignore(1);
            return;
        }

        // A judgement is feedback and nothing else; a message without its span belongs nowhere.
        if (_draft.Feedback.Count == 0)
        {
            if (item.TraceId is null || item.SpanId is null)
            {
                Reject(OtlpFaults.RecordWithoutSpan);
                return;
            }

            _sink.Add(_builder.Record(_draft));
        }

        Keep();
    }

    private void Keep()
    {
        foreach (var feedback in _draft.Feedback) _sink.Add(feedback);
        _accepted++;
    }

    private uint ScopeMask(string scope)
    {
        if (_scope != scope) (_scope, _scopeMask) = (scope, _dialects.OfScope(scope));
        return _scopeMask;
    }

    private void Reject(string reason)
    {
        _rejected++;
        if (_reasons.Count < OtlpLimits.Reasons && !_reasons.Contains(reason)) _reasons.Add(reason);
    }
}
