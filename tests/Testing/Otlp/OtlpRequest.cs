using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Espalier.Testing.Otlp;

/// <summary>An export request for traces, written by hand in a test, in both encodings of OTLP.</summary>
/// <remarks>Values of attributes: string, bool, int, long, double, string arrays (lists) and dictionaries (maps).</remarks>
public sealed record OtlpRequest
{
    public IReadOnlyDictionary<string, object> Resource { get; init; } = new Dictionary<string, object> { ["service.name"] = "shop" };

    public string Scope { get; init; } = "test";

    public IReadOnlyList<OtlpSpan> Spans { get; init; } = [];

    public byte[] ToProtobuf()
    {
        using var scope = new MemoryStream();
        Bytes(scope, 1, Message(inner => Bytes(inner, 1, Utf8(Scope))));
        foreach (var span in Spans) Bytes(scope, 2, Span(span));
        using var resource = new MemoryStream();
        Bytes(resource, 1, Message(inner => Attributes(inner, 1, Resource)));
        Bytes(resource, 2, scope.ToArray());
        return Message(request => Bytes(request, 1, resource.ToArray()));
    }

    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("resourceSpans");
            writer.WriteStartObject();
            writer.WriteStartObject("resource");
            Attributes(writer, Resource);
            writer.WriteEndObject();
            writer.WriteStartArray("scopeSpans");
            writer.WriteStartObject();
            writer.WriteStartObject("scope");
            writer.WriteString("name", Scope);
            writer.WriteEndObject();
            writer.WriteStartArray("spans");
            foreach (var span in Spans) Span(writer, span);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static byte[] Span(OtlpSpan span) => Message(into =>
    {
        Bytes(into, 1, Convert.FromHexString(span.TraceId));
        Bytes(into, 2, Convert.FromHexString(span.SpanId));
        if (span.ParentId is not null) Bytes(into, 4, Convert.FromHexString(span.ParentId));
        Bytes(into, 5, Utf8(span.Name));
        Fixed(into, 7, span.Start);
        Fixed(into, 8, span.End);
        Attributes(into, 9, span.Attributes);
        foreach (var told in span.Events)
            Bytes(into, 11, Message(inner =>
            {
                Fixed(inner, 1, span.Start + 1_000_000);
                Bytes(inner, 2, Utf8(told.Name));
                Attributes(inner, 3, told.Attributes);
            }));
        if (span.Status != 0 || span.StatusMessage is not null)
            Bytes(into, 15, Message(inner =>
            {
                if (span.StatusMessage is not null) Bytes(inner, 2, Utf8(span.StatusMessage));
                Number(inner, 3, (ulong)span.Status);
            }));
    });

    private static void Span(Utf8JsonWriter writer, OtlpSpan span)
    {
        writer.WriteStartObject();
        writer.WriteString("traceId", span.TraceId);
        writer.WriteString("spanId", span.SpanId);
        writer.WriteString("parentSpanId", span.ParentId ?? "");
        writer.WriteString("name", span.Name);
        writer.WriteString("startTimeUnixNano", span.Start.ToString());
        writer.WriteString("endTimeUnixNano", span.End.ToString());
        Attributes(writer, span.Attributes);
        writer.WriteStartArray("events");
        foreach (var told in span.Events)
        {
            writer.WriteStartObject();
            writer.WriteString("name", told.Name);
            writer.WriteString("timeUnixNano", (span.Start + 1_000_000).ToString());
            Attributes(writer, told.Attributes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("status");
        writer.WriteNumber("code", span.Status);
        if (span.StatusMessage is not null) writer.WriteString("message", span.StatusMessage);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Attributes(MemoryStream into, int field, IReadOnlyDictionary<string, object> attributes)
    {
        foreach (var (key, value) in attributes)
            Bytes(into, field, Message(pair =>
            {
                Bytes(pair, 1, Utf8(key));
                Bytes(pair, 2, Value(value));
            }));
    }

    private static byte[] Value(object value) => Message(into =>
    {
        switch (value)
        {
            case string text: Bytes(into, 1, Utf8(text)); break;
            case bool flag: Number(into, 2, flag ? 1UL : 0); break;
            case int or long: Number(into, 3, unchecked((ulong)Convert.ToInt64(value))); break;
            case double real: Fixed(into, 4, BitConverter.DoubleToUInt64Bits(real)); break;
            case IReadOnlyDictionary<string, object> map: Bytes(into, 6, Message(list => Attributes(list, 1, map))); break;
            case IEnumerable<object> many: Bytes(into, 5, Message(list => { foreach (var one in many) Bytes(list, 1, Value(one)); })); break;
            default: throw new ArgumentException($"No attribute can be a {value.GetType()}.", nameof(value));
        }
    });

    private static void Attributes(Utf8JsonWriter writer, IReadOnlyDictionary<string, object> attributes)
    {
        writer.WriteStartArray("attributes");
        Pairs(writer, attributes);
        writer.WriteEndArray();
    }

    private static void Pairs(Utf8JsonWriter writer, IReadOnlyDictionary<string, object> pairs)
    {
        foreach (var (key, value) in pairs)
        {
            writer.WriteStartObject();
            writer.WriteString("key", key);
            writer.WritePropertyName("value");
            Value(writer, value);
            writer.WriteEndObject();
        }
    }

    private static void Value(Utf8JsonWriter writer, object value)
    {
        writer.WriteStartObject();
        switch (value)
        {
            case string text: writer.WriteString("stringValue", text); break;
            case bool flag: writer.WriteBoolean("boolValue", flag); break;
            case int or long: writer.WriteString("intValue", Convert.ToInt64(value).ToString()); break;
            case double real: writer.WriteNumber("doubleValue", real); break;
            case IReadOnlyDictionary<string, object> map:
                writer.WriteStartObject("kvlistValue");
                writer.WriteStartArray("values");
                Pairs(writer, map);
                writer.WriteEndArray();
                writer.WriteEndObject();
                break;
            case IEnumerable<object> many:
                writer.WriteStartObject("arrayValue");
                writer.WriteStartArray("values");
                foreach (var one in many) Value(writer, one);
                writer.WriteEndArray();
                writer.WriteEndObject();
                break;
            default: throw new ArgumentException($"No attribute can be a {value.GetType()}.", nameof(value));
        }

        writer.WriteEndObject();
    }

    private static byte[] Message(Action<MemoryStream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static void Bytes(MemoryStream into, int field, byte[] bytes)
    {
        Varint(into, ((ulong)field << 3) | 2);
        Varint(into, (ulong)bytes.Length);
        into.Write(bytes);
    }

    private static void Number(MemoryStream into, int field, ulong value)
    {
        Varint(into, (ulong)field << 3);
        Varint(into, value);
    }

    private static void Fixed(MemoryStream into, int field, ulong value)
    {
        Varint(into, ((ulong)field << 3) | 1);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        into.Write(bytes);
    }

    private static void Varint(MemoryStream into, ulong value)
    {
        while (value >= 0x80)
        {
            into.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        into.WriteByte((byte)value);
    }
}
