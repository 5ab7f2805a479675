using System.Buffers.Binary;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Imports.Otlp;

/// <summary>Export requests that somebody wrote to a file.</summary>
public sealed class OtlpRequests(OtlpMapper mapper)
{
    public ImportedRecord Json(OtlpSignal signal, ReadOnlyMemory<byte> body) => Of([mapper.Map(signal, OtlpEncoding.Json, body)]);

    /// <summary>One request, or several with their lengths before them as the collector's file exporter writes them.</summary>
    public ImportedRecord Protobuf(ReadOnlyMemory<byte> body) =>
        Framed(body) is { } frames ? Of([.. frames.Select(Protobuf1)]) : Of([Protobuf1(body)]);

    private OtlpBatch Protobuf1(ReadOnlyMemory<byte> body) => mapper.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, body);

    // Four bytes of length, most significant first; a request by itself begins with a field number and never adds up to its own end.
    private static List<ReadOnlyMemory<byte>>? Framed(ReadOnlyMemory<byte> body)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        while (!body.IsEmpty)
        {
            if (body.Length < 4) return null;
            var length = BinaryPrimitives.ReadUInt32BigEndian(body.Span);
            if (length == 0 || length > body.Length - 4) return null;
            frames.Add(body.Slice(4, (int)length));
            body = body[(4 + (int)length)..];
        }

        return frames;
    }

    private static ImportedRecord Of(IReadOnlyList<OtlpBatch> batches)
    {
        var problems = new List<string>();
        foreach (var batch in batches)
        {
            if (batch.MalformedReason is { } malformed) problems.Add(malformed);
            else if (batch.RejectedItems > 0) problems.Add($"{batch.RejectedItems} of its {batch.RejectedItems + batch.AcceptedItems} items were left out: {string.Join("; ", batch.Reasons)}");
        }

        var spans = batches.SelectMany(batch => batch.Spans).ToList();
        var feedback = batches.SelectMany(batch => batch.Feedback).ToList();
        if (spans.Count + feedback.Count == 0 && problems.Count == 0) problems.Add("it holds no spans");
        return new ImportedRecord(spans, feedback, problems.Count == 0 ? null : string.Join("; ", problems));
    }
}
