using System.Buffers.Binary;
using Espalier.Core.Shared;

namespace Espalier.Ingest;

/// <summary>One export request as bytes, made once; for each sending only trace ids and times are written anew, so that no two are the same traces.</summary>
internal sealed class BatchTemplate
{
    private readonly byte[] _bytes;
    private readonly IReadOnlyList<SpanPlace> _places;

    private BatchTemplate(byte[] bytes, IReadOnlyList<SpanPlace> places, int traces) => (_bytes, _places, Traces) = (bytes, places, traces);

    public int Bytes => _bytes.Length;

    public int Spans => _places.Count;

    public int Traces { get; }

    public static BatchTemplate Make(LoadPlan plan, int number)
    {
        var texts = new Texts(new Seed(plan.Seed).For("batch", number));
        var places = new List<SpanPlace>();
        var scope = new ProtoWriter();
        var named = new ProtoWriter();
        named.Text(1, "opentelemetry.instrumentation.desk");
        named.Text(2, "1.4.0");
        scope.Message(1, named);
        var traces = 0;
        while (places.Count < plan.Batch)
        {
            foreach (var span in TraceShape.Make(texts, plan.SpanBytes, plan.Batch - places.Count))
            {
                var at = scope.Message(2, span.Bytes);
                places.Add(new SpanPlace(traces, at + span.TraceIdAt, at + span.StartAt, at + span.EndAt, span.StartAfter, span.EndAfter));
            }

            traces++;
        }

        var resource = new ProtoWriter();
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)[
            ("service.name", "support-desk"), ("service.version", "2026.11.3"), ("deployment.environment.name", "production"), ("telemetry.sdk.language", "nodejs"),
            ("telemetry.sdk.name", "opentelemetry"), ("telemetry.sdk.version", "2.12.1"), ("host.name", "desk-7f9c")])
            resource.Attribute(1, key, any => any.Text(1, value));
        var spans = new ProtoWriter();
        spans.Message(1, resource);
        var scopeAt = spans.Message(2, scope);
        var request = new ProtoWriter();
        var spansAt = request.Message(1, spans);
        return new BatchTemplate(request.Written.ToArray(), [.. places.Select(place => place.MovedBy(scopeAt + spansAt))], traces);
    }

    /// <summary>Writes a request of its own into the buffer.</summary>
    /// <param name="sending">Which sending of the whole load it is: no other has its trace ids.</param>
    /// <param name="nowNanos">When its last span ended.</param>
    /// <returns>The first trace's id.</returns>
    public string Write(Span<byte> buffer, long sending, long nowNanos)
    {
        _bytes.CopyTo(buffer);
        foreach (var place in _places)
        {
            var id = buffer.Slice(place.TraceIdAt, 16);
            WriteId(id, sending, place.Trace);
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[place.StartAt..], (ulong)(nowNanos - TraceShape.Nanos + place.StartAfter));
            BinaryPrimitives.WriteUInt64LittleEndian(buffer[place.EndAt..], (ulong)(nowNanos - TraceShape.Nanos + place.EndAfter));
        }

        return Convert.ToHexStringLower(buffer.Slice(_places[0].TraceIdAt, 16));
    }

    // As random ids are: spread over the whole range, and never the same twice (an Rng of another state gives other numbers).
    private static void WriteId(Span<byte> id, long sending, int trace)
    {
        var mixed = new Rng((ulong)((sending << 12) + trace) * 0xD1342543DE82EF95UL);
        BinaryPrimitives.WriteUInt64LittleEndian(id, mixed.NextUInt64());
        BinaryPrimitives.WriteUInt64LittleEndian(id[8..], mixed.NextUInt64());
    }

    private readonly record struct SpanPlace(int Trace, int TraceIdAt, int StartAt, int EndAt, long StartAfter, long EndAfter)
    {
        public SpanPlace MovedBy(int bytes) => this with { TraceIdAt = TraceIdAt + bytes, StartAt = StartAt + bytes, EndAt = EndAt + bytes };
    }
}
