using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Reads export requests for traces, logs and metrics from OTLP/JSON.</summary>
/// <remarks>
/// The protobuf JSON mapping with OTLP's exceptions: ids are hex, enums are numbers, 64-bit numbers may be texts, unknown fields are passed
/// over. Names are taken in lowerCamelCase and in snake_case. A syntax error anywhere makes the whole body malformed.
/// </remarks>
internal sealed class JsonDecoder(DecodeScratch scratch, IEntrySink sink)
{
    private ReadOnlyMemory<byte> _body;
    private string? _lastTraceId;

    /// <summary>Null, or why the body is malformed.</summary>
    public string? Read(OtlpSignal signal, ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        _body = JsonText.Valid(body);
        try
        {
            var reader = new Utf8JsonReader(_body.Span, new JsonReaderOptions { MaxDepth = OtlpLimits.JsonDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return "The JSON of a request is an object.";
            while (Property(ref reader, out var name))
            {
                if (Is(name, "resourceSpans"u8, "resource_spans"u8) || Is(name, "resourceLogs"u8, "resource_logs"u8)) ForEach(ref reader, signal, ReadResource);
                else if (Is(name, "resourceMetrics"u8, "resource_metrics"u8)) ForEach(ref reader, signal, ReadMetrics);
                else reader.Skip();
            }

            return reader.Read() ? "Something follows the JSON." : null;
        }
        catch (JsonException fault)
        {
            return $"The JSON is cut or broken: {fault.Message}";
        }
    }

    private delegate void ReadElement(ref Utf8JsonReader reader, OtlpSignal signal);

    // What is no list counts as an empty one; what is no object in a list is passed over.
    private static void ForEach(ref Utf8JsonReader reader, OtlpSignal signal, ReadElement read)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject) read(ref reader, signal);
            else reader.Skip();
        }
    }

    /// <summary>Steps to the next property's value within an object; false at its end.</summary>
    private static bool Property(ref Utf8JsonReader reader, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!reader.Read() || reader.TokenType == JsonTokenType.EndObject) return false;
        name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Of(ref reader)) : reader.ValueSpan;
        if (!reader.Read()) throw new JsonException("The JSON is cut.");
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) => name.SequenceEqual(camel) || name.SequenceEqual(snake);

    private void ReadResource(ref Utf8JsonReader reader, OtlpSignal signal)
    {
        var resource = scratch.Resource;
        resource.Clear();
        // The resource stands first by custom; where it does not, it is sought before the spans are read.
        var ahead = reader;
        while (Property(ref ahead, out var name))
        {
            if (!name.SequenceEqual("resource"u8))
            {
                ahead.Skip();
                continue;
            }

            if (ahead.TokenType == JsonTokenType.StartObject)
                while (Property(ref ahead, out var inner))
                    if (inner.SequenceEqual("attributes"u8)) ReadAttributes(ref ahead, resource.Attributes, null);
                    else ahead.Skip();
            break;
        }

        resource.Seal();
        while (Property(ref reader, out var name))
        {
            if (Is(name, "scopeSpans"u8, "scope_spans"u8) || Is(name, "instrumentationLibrarySpans"u8, "instrumentation_library_spans"u8)) ForEach(ref reader, OtlpSignal.Traces, ReadScope);
            else if (Is(name, "scopeLogs"u8, "scope_logs"u8)) ForEach(ref reader, OtlpSignal.Logs, ReadScope);
            else reader.Skip();
        }
    }

    private void ReadScope(ref Utf8JsonReader reader, OtlpSignal signal)
    {
        string scope = "", version = "";
        var ahead = reader;
        while (Property(ref ahead, out var name))
        {
            if (!name.SequenceEqual("scope"u8) && !Is(name, "instrumentationLibrary"u8, "instrumentation_library"u8))
            {
                ahead.Skip();
                continue;
            }

            if (ahead.TokenType == JsonTokenType.StartObject)
                while (Property(ref ahead, out var inner))
                {
                    if (inner.SequenceEqual("name"u8)) scope = TextOf(ref ahead) ?? "";
                    else if (inner.SequenceEqual("version"u8)) version = TextOf(ref ahead) ?? "";
                    else ahead.Skip();
                }

            break;
        }

        while (Property(ref reader, out var name))
        {
            var isRecord = Is(name, "logRecords"u8, "log_records"u8);
            if (reader.TokenType != JsonTokenType.StartArray || (!isRecord && !name.SequenceEqual("spans"u8)))
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!sink.MayTake())
                {
                    reader.Skip();
                    continue;
                }

                var item = scratch.Item;
                item.Clear();
                item.Resource = scratch.Resource;
                item.ScopeName = scope;
                item.ScopeVersion = version;
                item.IsRecord = isRecord;
                if (reader.TokenType == JsonTokenType.StartObject) ReadItem(ref reader, item);
                else
                {
                    item.Fault = "A span or log record is no JSON object.";
                    reader.Skip();
                }

                sink.Take(item);
            }
        }
    }

    private void ReadItem(ref Utf8JsonReader reader, OtlpEntry item)
    {
        while (Property(ref reader, out var name))
        {
            if (Is(name, "traceId"u8, "trace_id"u8)) item.TraceId = IdOf(ref reader, OtlpIds.TraceBytes);
            else if (Is(name, "spanId"u8, "span_id"u8)) item.SpanId = IdOf(ref reader, OtlpIds.SpanBytes);
            else if (Is(name, "parentSpanId"u8, "parent_span_id"u8)) item.ParentId = IdOf(ref reader, OtlpIds.SpanBytes);
            else if (Is(name, "traceState"u8, "trace_state"u8)) item.TraceState = TextOf(ref reader) is { Length: > 0 } state ? state : null;
            else if (name.SequenceEqual("name"u8) || Is(name, "eventName"u8, "event_name"u8)) item.Name = TextOf(ref reader) ?? "";
            else if (name.SequenceEqual("kind"u8)) item.Role = EnumOf(ref reader);
            else if (Is(name, "startTimeUnixNano"u8, "start_time_unix_nano"u8) || Is(name, "timeUnixNano"u8, "time_unix_nano"u8)) item.Start = TimeOf(ref reader);
            else if (Is(name, "endTimeUnixNano"u8, "end_time_unix_nano"u8) || Is(name, "observedTimeUnixNano"u8, "observed_time_unix_nano"u8)) item.End = TimeOf(ref reader);
            else if (name.SequenceEqual("attributes"u8)) ReadAttributes(ref reader, item.Attributes, item);
            else if (name.SequenceEqual("events"u8)) ReadEvents(ref reader, item);
            else if (name.SequenceEqual("links"u8)) ReadLinks(ref reader, item);
            else if (name.SequenceEqual("status"u8)) ReadStatus(ref reader, item);
            else if (name.SequenceEqual("body"u8)) item.Body = ReadValue(ref reader, item);
            else reader.Skip();
        }
    }

    private static void ReadStatus(ref Utf8JsonReader reader, OtlpEntry item)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (Property(ref reader, out var name))
        {
            if (name.SequenceEqual("code"u8)) item.Status = EnumOf(ref reader);
            else if (name.SequenceEqual("message"u8)) item.StatusMessage = TextOf(ref reader) is { Length: > 0 } text ? text : null;
            else reader.Skip();
        }
    }

    private void ReadEvents(ref Utf8JsonReader reader, OtlpEntry item)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject || item.EventCount == OtlpLimits.EventsPerItem)
            {
                if (item.EventCount == OtlpLimits.EventsPerItem) item.Fault ??= $"A span has more than {OtlpLimits.EventsPerItem} events.";
                reader.Skip();
                continue;
            }

            var told = item.AddEvent();
            while (Property(ref reader, out var name))
            {
                if (name.SequenceEqual("name"u8)) told.Name = TextOf(ref reader) ?? "";
                else if (Is(name, "timeUnixNano"u8, "time_unix_nano"u8)) told.Time = TimeOf(ref reader);
                else if (name.SequenceEqual("attributes"u8)) ReadAttributes(ref reader, told.Attributes, item);
                else reader.Skip();
            }
        }
    }

    private void ReadLinks(ref Utf8JsonReader reader, OtlpEntry item)
    {
        var start = (int)reader.TokenStartIndex;
        var isList = reader.TokenType == JsonTokenType.StartArray;
        reader.Skip();
        var end = (int)reader.BytesConsumed;
        // An empty list is what exporters send for none.
        if (isList && end - start > 2) item.Links = Encoding.UTF8.GetString(_body.Span[start..end]);
    }

    private void ReadAttributes(ref Utf8JsonReader reader, AttributeSet into, OtlpEntry? item)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var fault = into.Count == OtlpLimits.AttributesPerItem ? $"An item has more than {OtlpLimits.AttributesPerItem} attributes."
                : !sink.MayTakeAttribute() ? $"The request holds more than {OtlpLimits.AttributesPerRequest} attributes."
                : null;
            if (fault is not null && item is not null) item.Fault ??= fault;
            if (fault is not null || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            AttributeKey? key = null;
            var value = default(AttributeValue);
            while (Property(ref reader, out var name))
            {
                if (name.SequenceEqual("key"u8) && reader.TokenType == JsonTokenType.String)
                    key = scratch.Keys.Get(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Of(ref reader)) : reader.ValueSpan);
                else if (name.SequenceEqual("value"u8)) value = ReadValue(ref reader, item);
                else reader.Skip();
            }

            if (key is not null) into.Add(key, value);
        }
    }

    private AttributeValue ReadValue(ref Utf8JsonReader reader, OtlpEntry? item)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return Bare(ref reader);
        var value = default(AttributeValue);
        while (Property(ref reader, out var name))
        {
            if (Is(name, "stringValue"u8, "string_value"u8) || Is(name, "bytesValue"u8, "bytes_value"u8)) value = Bare(ref reader);
            else if (Is(name, "boolValue"u8, "bool_value"u8)) value = Bare(ref reader);
            else if (Is(name, "intValue"u8, "int_value"u8)) value = Number(ref reader);
            else if (Is(name, "doubleValue"u8, "double_value"u8)) value = Number(ref reader);
            else if (Is(name, "arrayValue"u8, "array_value"u8) || Is(name, "kvlistValue"u8, "kvlist_value"u8))
            {
                var isMap = name[0] == 'k';
                if (!WriteNested(ref reader, isMap, 0) && item is not null) item.Fault ??= $"A value is nested deeper than {OtlpLimits.Depth}.";
                value = AttributeValue.Json(scratch.TakeWritten());
            }
            else reader.Skip();
        }

        return value;
    }

    private AttributeValue Bare(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String when reader.ValueIsEscaped:
                return AttributeValue.Text(JsonText.Of(ref reader));
            case JsonTokenType.String:
                return AttributeValue.Text(_body.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length));
            case JsonTokenType.True or JsonTokenType.False:
                return AttributeValue.Bool(reader.TokenType == JsonTokenType.True);
            case JsonTokenType.Number:
                return Number(ref reader);
            default:
                reader.Skip();
                return default;
        }
    }

    private static AttributeValue Number(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var whole)) return AttributeValue.Whole(whole);
            return reader.TryGetDouble(out var real) ? AttributeValue.Real(real) : default;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return default;
        }

        var text = JsonText.Of(ref reader);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return AttributeValue.Whole(number);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var floating) ? AttributeValue.Real(floating) : AttributeValue.Text(text);
    }

    /// <summary>Writes an AnyValue as plain JSON; false when it is too deep, and then the rest of it is passed over.</summary>
    private bool WriteValue(ref Utf8JsonReader reader, int depth)
    {
        var writer = scratch.Writer;
        if (depth > OtlpLimits.Depth)
        {
            reader.Skip();
            writer.WriteNullValue();
            return false;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            WriteBare(Bare(ref reader));
            return true;
        }

        bool isWritten = false, isWhole = true;
        while (Property(ref reader, out var name))
        {
            if (isWritten)
            {
                reader.Skip();
                continue;
            }

            isWritten = true;
            if (Is(name, "arrayValue"u8, "array_value"u8)) isWhole &= WriteNested(ref reader, isMap: false, depth + 1);
            else if (Is(name, "kvlistValue"u8, "kvlist_value"u8)) isWhole &= WriteNested(ref reader, isMap: true, depth + 1);
            else if (Is(name, "intValue"u8, "int_value"u8) || Is(name, "doubleValue"u8, "double_value"u8)) WriteBare(Number(ref reader));
            else WriteBare(Bare(ref reader));
        }

        if (!isWritten) writer.WriteNullValue();
        return isWhole;
    }

    private bool WriteNested(ref Utf8JsonReader reader, bool isMap, int depth)
    {
        var writer = scratch.Writer;
        var isWhole = true;
        if (isMap) writer.WriteStartObject();
        else writer.WriteStartArray();
        if (reader.TokenType != JsonTokenType.StartObject) reader.Skip();
        else
        {
            while (Property(ref reader, out var name))
            {
                if (!name.SequenceEqual("values"u8) || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }

                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    isWhole &= isMap ? WritePair(ref reader, depth) : WriteValue(ref reader, depth);
            }
        }

        if (isMap) writer.WriteEndObject();
        else writer.WriteEndArray();
        return isWhole;
    }

    private bool WritePair(ref Utf8JsonReader reader, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return true;
        }

        string? key = null;
        bool isValued = false, isWhole = true;
        while (Property(ref reader, out var name))
        {
            if (name.SequenceEqual("key"u8) && reader.TokenType == JsonTokenType.String) key = JsonText.Of(ref reader);
            else if (name.SequenceEqual("value"u8) && !isValued)
            {
                // The key comes first by custom; a value before its key goes under an empty one.
                scratch.Writer.WritePropertyName(key ?? "");
                isWhole = WriteValue(ref reader, depth);
                isValued = true;
            }
            else reader.Skip();
        }

        if (!isValued && key is not null) scratch.Writer.WriteNull(key);
        return isWhole;
    }

    private void WriteBare(AttributeValue value)
    {
        var writer = scratch.Writer;
        switch (value.Kind)
        {
            case ValueKind.None: writer.WriteNullValue(); break;
            case ValueKind.Bool: writer.WriteBooleanValue(value.AsBool() == true); break;
            case ValueKind.Whole or ValueKind.Real when value.AsNumber() is not null: writer.WriteRawValue(value.AsText()!, skipInputValidation: true); break;
            default: writer.WriteStringValue(value.AsText()); break;
        }
    }

    private void ReadMetrics(ref Utf8JsonReader reader, OtlpSignal signal)
    {
        while (Property(ref reader, out var name))
        {
            if (Is(name, "scopeMetrics"u8, "scope_metrics"u8)) ForEach(ref reader, signal, ReadScopeMetrics);
            else reader.Skip();
        }
    }

    private void ReadScopeMetrics(ref Utf8JsonReader reader, OtlpSignal signal)
    {
        while (Property(ref reader, out var name))
        {
            if (name.SequenceEqual("metrics"u8)) ForEach(ref reader, signal, ReadMetric);
            else reader.Skip();
        }
    }

    private void ReadMetric(ref Utf8JsonReader reader, OtlpSignal signal)
    {
        while (Property(ref reader, out _))
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (Property(ref reader, out var inner))
            {
                if (!Is(inner, "dataPoints"u8, "data_points"u8) || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }

                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    sink.Ignore(1);
                    reader.Skip();
                }
            }
        }
    }

    private string? IdOf(ref Utf8JsonReader reader, int length)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Of(ref reader)) : reader.ValueSpan;
        // Spans of one trace mostly follow each other.
        if (length == OtlpIds.TraceBytes && _lastTraceId is not null && Ascii.Equals(text, _lastTraceId)) return _lastTraceId;
        var id = OtlpIds.FromText(text, length);
        if (length == OtlpIds.TraceBytes) _lastTraceId = id;
        return id;
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return JsonText.Of(ref reader);
        reader.Skip();
        return null;
    }

    private static ulong TimeOf(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetUInt64(out var whole):
                return whole;
            case JsonTokenType.Number when reader.TryGetDouble(out var real) && real is >= 0 and < 1.8e19:
                return (ulong)real;
            case JsonTokenType.String when !reader.ValueIsEscaped && System.Buffers.Text.Utf8Parser.TryParse(reader.ValueSpan, out ulong parsed, out var read) && read == reader.ValueSpan.Length:
                return parsed;
            default:
                reader.Skip();
                return 0;
        }
    }

    // Enums are numbers; protobuf's own JSON writes them by name.
    private static int EnumOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number) return reader.TryGetInt32(out var code) ? code : 0;
        if (TextOf(ref reader) is not { } text) return 0;
        if (text.EndsWith("_ERROR", StringComparison.Ordinal)) return 2;
        if (text.EndsWith("_OK", StringComparison.Ordinal)) return 1;
        return text switch
        {
            "SPAN_KIND_INTERNAL" => 1,
            "SPAN_KIND_SERVER" => 2,
            "SPAN_KIND_CLIENT" => 3,
            "SPAN_KIND_PRODUCER" => 4,
            "SPAN_KIND_CONSUMER" => 5,
            _ => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0,
        };
    }
}
