using System.Text;
using System.Text.Unicode;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Reads export requests for traces, logs and metrics from protobuf.</summary>
/// <remarks>
/// Field numbers are those of opentelemetry-proto (trace, logs, metrics, common, resource; version 1). A body whose framing breaks above the
/// level of one span or record is malformed as a whole; within one, that one is rejected. Log records posted as traces decode because the
/// numbers of the levels above coincide, and the other way round: an item tells itself by its wire types.
/// </remarks>
internal sealed class ProtobufDecoder(DecodeScratch scratch, IEntrySink sink)
{
    private ReadOnlyMemory<byte> _lastTrace;
    private string? _lastTraceId;

    /// <summary>Null, or why the body is malformed.</summary>
    public string? Read(OtlpSignal signal, ReadOnlyMemory<byte> body)
    {
        var top = new ProtoReader(body);
        while (top.Next())
        {
            if (top is not { Field: 1, Wire: 2 }) continue;
            if (!(signal == OtlpSignal.Metrics ? ReadMetrics(top.Bytes) : ReadResource(top.Bytes, signal))) return "The protobuf is cut or broken.";
        }

        return top.IsBroken ? "The protobuf is cut or broken." : null;
    }

    private bool ReadResource(ReadOnlyMemory<byte> message, OtlpSignal signal)
    {
        var resource = scratch.Resource;
        resource.Clear();
        // The resource comes first by custom only.
        for (var fields = new ProtoReader(message); fields.Next();)
        {
            if (fields is not { Field: 1, Wire: 2 }) continue;
            for (var inner = new ProtoReader(fields.Bytes); inner.Next();)
                if (inner is { Field: 1, Wire: 2 }) ReadAttribute(inner.Bytes, resource.Attributes, out _);
        }

        resource.Seal();
        var scopes = new ProtoReader(message);
        while (scopes.Next())
            if (scopes is { Field: 2, Wire: 2 } && !ReadScope(scopes.Bytes, signal)) return false;
        return !scopes.IsBroken;
    }

    private bool ReadScope(ReadOnlyMemory<byte> message, OtlpSignal signal)
    {
        string name = "", version = "";
        for (var fields = new ProtoReader(message); fields.Next();)
        {
            if (fields is not { Field: 1, Wire: 2 }) continue;
            for (var inner = new ProtoReader(fields.Bytes); inner.Next();)
            {
                if (inner is { Field: 1, Wire: 2 }) name = Text(inner.Bytes);
                else if (inner is { Field: 2, Wire: 2 }) version = Text(inner.Bytes);
            }
        }

        var items = new ProtoReader(message);
        while (items.Next())
        {
            if (items is not { Field: 2, Wire: 2 } || !sink.MayTake()) continue;
            var item = scratch.Item;
            item.Clear();
            item.Resource = scratch.Resource;
            item.ScopeName = name;
            item.ScopeVersion = version;
            item.IsRecord = IsRecord(items.Bytes, signal);
            if (item.IsRecord) ReadRecord(items.Bytes, item);
            else ReadSpan(items.Bytes, item);
            sink.Take(item);
        }

        return !items.IsBroken;
    }

    // Field 1 is a span's trace id (bytes) or a record's time (8 bytes); without it the ids and times further on tell.
    private static bool IsRecord(ReadOnlyMemory<byte> message, OtlpSignal posted)
    {
        for (var fields = new ProtoReader(message); fields.Next();)
        {
            if (fields is { Field: 1 or 11, Wire: 1 }) return true;
            if (fields is { Field: 1, Wire: 2 } or { Field: 7 or 8, Wire: 1 }) return false;
        }

        return posted == OtlpSignal.Logs;
    }

    private void ReadSpan(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        var fields = new ProtoReader(message);
        while (fields.Next() && item.Fault is null)
        {
            switch ((fields.Field, fields.Wire))
            {
                case (1, 2): item.TraceId = TraceId(fields.Bytes); break;
                case (2, 2): item.SpanId = OtlpIds.FromBytes(fields.Bytes.Span, OtlpIds.SpanBytes); break;
                case (3, 2): item.TraceState = fields.Bytes.IsEmpty ? null : Text(fields.Bytes); break;
                case (4, 2): item.ParentId = OtlpIds.FromBytes(fields.Bytes.Span, OtlpIds.SpanBytes); break;
                case (5, 2): item.Name = scratch.Keys.Get(fields.Bytes.Span).Text; break;
                case (6, 0): item.Role = fields.Signed; break;
                case (7, 1): item.Start = fields.Number; break;
                case (8, 1): item.End = fields.Number; break;
                case (9, 2): ReadAttribute(fields.Bytes, item.Attributes, item); break;
                case (11, 2): ReadEvent(fields.Bytes, item); break;
                case (13, 2): item.Links = "1"; break;
                case (15, 2): ReadStatus(fields.Bytes, item); break;
            }
        }

        if (fields.IsBroken) item.Fault ??= "A span's protobuf is broken.";
        if (item.Links is not null && item.Fault is null) ReadLinks(message, item);
    }

    private void ReadRecord(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        var fields = new ProtoReader(message);
        while (fields.Next() && item.Fault is null)
        {
            switch ((fields.Field, fields.Wire))
            {
                case (1, 1): item.Start = fields.Number; break;
                case (5, 2): item.Body = ReadValue(fields.Bytes, item); break;
                case (6, 2): ReadAttribute(fields.Bytes, item.Attributes, item); break;
                case (9, 2): item.TraceId = TraceId(fields.Bytes); break;
                case (10, 2): item.SpanId = OtlpIds.FromBytes(fields.Bytes.Span, OtlpIds.SpanBytes); break;
                case (11, 1): item.End = fields.Number; break;
                case (12, 2): item.Name = scratch.Keys.Get(fields.Bytes.Span).Text; break;
            }
        }

        if (fields.IsBroken) item.Fault ??= "A log record's protobuf is broken.";
    }

    private void ReadEvent(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        if (item.EventCount == OtlpLimits.EventsPerItem)
        {
            item.Fault = $"A span has more than {OtlpLimits.EventsPerItem} events.";
            return;
        }

        var told = item.AddEvent();
        var fields = new ProtoReader(message);
        while (fields.Next() && item.Fault is null)
        {
            if (fields is { Field: 1, Wire: 1 }) told.Time = fields.Number;
            else if (fields is { Field: 2, Wire: 2 }) told.Name = scratch.Keys.Get(fields.Bytes.Span).Text;
            else if (fields is { Field: 3, Wire: 2 }) ReadAttribute(fields.Bytes, told.Attributes, item);
        }

        if (fields.IsBroken) item.Fault ??= "An event of a span is broken.";
    }

    private static void ReadStatus(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        var fields = new ProtoReader(message);
        while (fields.Next())
        {
            if (fields is { Field: 2, Wire: 2 }) item.StatusMessage = fields.Bytes.IsEmpty ? null : Text(fields.Bytes);
            else if (fields is { Field: 3, Wire: 0 }) item.Status = fields.Signed;
        }

        if (fields.IsBroken) item.Fault ??= "A span's status is broken.";
    }

    private void ReadLinks(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        scratch.Writer.WriteStartArray();
        for (var fields = new ProtoReader(message); fields.Next();)
        {
            if (fields is not { Field: 13, Wire: 2 }) continue;
            scratch.Writer.WriteStartObject();
            for (var link = new ProtoReader(fields.Bytes); link.Next();)
            {
                if (link is { Field: 1, Wire: 2 } && OtlpIds.FromBytes(link.Bytes.Span, OtlpIds.TraceBytes) is { } trace) scratch.Writer.WriteString("trace_id"u8, trace);
                else if (link is { Field: 2, Wire: 2 } && OtlpIds.FromBytes(link.Bytes.Span, OtlpIds.SpanBytes) is { } span) scratch.Writer.WriteString("span_id"u8, span);
            }

            scratch.Writer.WriteEndObject();
        }

        scratch.Writer.WriteEndArray();
        item.Links = Encoding.UTF8.GetString(scratch.TakeWritten());
    }

    private void ReadAttribute(ReadOnlyMemory<byte> message, AttributeSet into, OtlpEntry item)
    {
        ReadAttribute(message, into, out var fault);
        item.Fault ??= fault;
    }

    private void ReadAttribute(ReadOnlyMemory<byte> message, AttributeSet into, out string? fault)
    {
        fault = null;
        if (into.Count == OtlpLimits.AttributesPerItem)
        {
            fault = $"An item has more than {OtlpLimits.AttributesPerItem} attributes.";
            return;
        }

        if (!sink.MayTakeAttribute())
        {
            fault = $"The request holds more than {OtlpLimits.AttributesPerRequest} attributes.";
            return;
        }

        ReadOnlyMemory<byte> key = default, value = default;
        var fields = new ProtoReader(message);
        while (fields.Next())
        {
            if (fields is { Field: 1, Wire: 2 }) key = fields.Bytes;
            else if (fields is { Field: 2, Wire: 2 }) value = fields.Bytes;
        }

        if (fields.IsBroken)
        {
            fault = "An attribute is broken.";
            return;
        }

        into.Add(scratch.Keys.Get(key.Span), ReadValue(value, ref fault));
    }

    private AttributeValue ReadValue(ReadOnlyMemory<byte> message, OtlpEntry item)
    {
        string? fault = null;
        var value = ReadValue(message, ref fault);
        item.Fault ??= fault;
        return value;
    }

    private AttributeValue ReadValue(ReadOnlyMemory<byte> message, ref string? fault)
    {
        var value = default(AttributeValue);
        var fields = new ProtoReader(message);
        while (fields.Next())
        {
            switch ((fields.Field, fields.Wire))
            {
                case (1, 2): value = AttributeValue.Text(fields.Bytes); break;
                case (2, 0): value = AttributeValue.Bool(fields.Number != 0); break;
                case (3, 0): value = AttributeValue.Whole(unchecked((long)fields.Number)); break;
                case (4, 1): value = AttributeValue.Real(BitConverter.UInt64BitsToDouble(fields.Number)); break;
                case (7, 2): value = AttributeValue.Text(Convert.ToBase64String(fields.Bytes.Span)); break;
                case (5, 2) or (6, 2):
                    if (!Write(message, 0)) fault ??= $"A value is broken, or nested deeper than {OtlpLimits.Depth}.";
                    value = AttributeValue.Json(scratch.TakeWritten());
                    break;
            }
        }

        if (fields.IsBroken) fault ??= "An attribute is broken.";
        return value;
    }

    /// <summary>Writes an AnyValue as JSON; false when it is broken or too deep.</summary>
    private bool Write(ReadOnlyMemory<byte> message, int depth)
    {
        if (depth > OtlpLimits.Depth) return false;
        var writer = scratch.Writer;
        var isWritten = false;
        var fields = new ProtoReader(message);
        while (fields.Next())
        {
            // Of several the first counts: JSON has room for one.
            if (isWritten) continue;
            isWritten = true;
            switch ((fields.Field, fields.Wire))
            {
                case (1, 2): WriteText(fields.Bytes.Span); break;
                case (2, 0): writer.WriteBooleanValue(fields.Number != 0); break;
                case (3, 0): writer.WriteNumberValue(unchecked((long)fields.Number)); break;
                case (4, 1): WriteDouble(BitConverter.UInt64BitsToDouble(fields.Number)); break;
                case (5, 2): if (!WriteList(fields.Bytes, depth)) return false; break;
                case (6, 2): if (!WriteMap(fields.Bytes, depth)) return false; break;
                case (7, 2): writer.WriteBase64StringValue(fields.Bytes.Span); break;
                default: isWritten = false; break;
            }
        }

        if (!isWritten) writer.WriteNullValue();
        return !fields.IsBroken;
    }

    private bool WriteList(ReadOnlyMemory<byte> message, int depth)
    {
        scratch.Writer.WriteStartArray();
        var fields = new ProtoReader(message);
        while (fields.Next())
            if (fields is { Field: 1, Wire: 2 } && !Write(fields.Bytes, depth + 1)) return false;
        scratch.Writer.WriteEndArray();
        return !fields.IsBroken;
    }

    private bool WriteMap(ReadOnlyMemory<byte> message, int depth)
    {
        scratch.Writer.WriteStartObject();
        var fields = new ProtoReader(message);
        while (fields.Next())
        {
            if (fields is not { Field: 1, Wire: 2 }) continue;
            ReadOnlyMemory<byte> key = default, value = default;
            var pair = new ProtoReader(fields.Bytes);
            while (pair.Next())
            {
                if (pair is { Field: 1, Wire: 2 }) key = pair.Bytes;
                else if (pair is { Field: 2, Wire: 2 }) value = pair.Bytes;
            }

            if (pair.IsBroken) return false;
            scratch.Writer.WritePropertyName(Text(key));
            if (!Write(value, depth + 1)) return false;
        }

        scratch.Writer.WriteEndObject();
        return !fields.IsBroken;
    }

    private void WriteText(ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8)) scratch.Writer.WriteStringValue(utf8);
        else scratch.Writer.WriteStringValue(Encoding.UTF8.GetString(utf8));
    }

    private void WriteDouble(double value)
    {
        if (double.IsFinite(value)) scratch.Writer.WriteNumberValue(value);
        else scratch.Writer.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private bool ReadMetrics(ReadOnlyMemory<byte> resource)
    {
        var scopes = new ProtoReader(resource);
        while (scopes.Next())
        {
            if (scopes is not { Field: 2, Wire: 2 }) continue;
            var metrics = new ProtoReader(scopes.Bytes);
            while (metrics.Next())
            {
                if (metrics is not { Field: 2, Wire: 2 }) continue;
                var metric = new ProtoReader(metrics.Bytes);
                while (metric.Next())
                {
                    if (metric is not { Field: 5 or 7 or 9 or 10 or 11, Wire: 2 }) continue;
                    var points = new ProtoReader(metric.Bytes);
                    while (points.Next())
                        if (points is { Field: 1, Wire: 2 }) sink.Ignore(1);
                    if (points.IsBroken) return false;
                }

                if (metric.IsBroken) return false;
            }

            if (metrics.IsBroken) return false;
        }

        return !scopes.IsBroken;
    }

    // Spans of one trace mostly follow each other.
    private string? TraceId(ReadOnlyMemory<byte> bytes)
    {
        if (_lastTraceId is not null && bytes.Span.SequenceEqual(_lastTrace.Span)) return _lastTraceId;
        _lastTrace = bytes;
        return _lastTraceId = OtlpIds.FromBytes(bytes.Span, OtlpIds.TraceBytes);
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
