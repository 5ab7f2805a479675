using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>Answers as bytes, in the encoding of the request: export responses, and <c>google.rpc.Status</c> for errors.</summary>
internal static class OtlpAnswers
{
    private const string RetryInfo = "type.googleapis.com/google.rpc.RetryInfo";

    // Read by programs and people, never put into a page.
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Encode(OtlpReceipt receipt, OtlpSignal signal, OtlpEncoding encoding)
    {
        if (encoding is OtlpEncoding.Json) return EncodeJson(receipt, signal);
        if (receipt is { Rejected: 0, Message: null }) return [];
        var partial = new ArrayBufferWriter<byte>();
        WriteNumber(partial, 1, (ulong)receipt.Rejected);
        WriteText(partial, 2, receipt.Message ?? "");
        var response = new ArrayBufferWriter<byte>();
        WriteBytes(response, 1, partial.WrittenSpan);
        return response.WrittenSpan.ToArray();
    }

    public static byte[] Encode(OtlpRefusal refusal, OtlpEncoding encoding)
    {
        if (encoding is OtlpEncoding.Json) return EncodeJson(refusal);
        var status = new ArrayBufferWriter<byte>();
        WriteNumber(status, 1, (ulong)refusal.Code);
        WriteText(status, 2, refusal.Message);
        if (refusal.RetryAfter is { } retry)
        {
            var duration = new ArrayBufferWriter<byte>();
            WriteNumber(duration, 1, (ulong)Seconds(retry));
            var info = new ArrayBufferWriter<byte>();
            WriteBytes(info, 1, duration.WrittenSpan);
            var any = new ArrayBufferWriter<byte>();
            WriteText(any, 1, RetryInfo);
            WriteBytes(any, 2, info.WrittenSpan);
            WriteBytes(status, 3, any.WrittenSpan);
        }

        return status.WrittenSpan.ToArray();
    }

    /// <summary>Whole seconds, rounded up: what <c>retry-after</c> can say.</summary>
    public static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    // Protobuf's own rules for JSON: names in lower camel case, 64-bit numbers as text.
    private static byte[] EncodeJson(OtlpReceipt receipt, OtlpSignal signal) => WriteJson(json =>
    {
        if (receipt is { Rejected: 0, Message: null }) return;
        json.WriteStartObject("partialSuccess");
        json.WriteString(RejectedName(signal), receipt.Rejected.ToString(CultureInfo.InvariantCulture));
        json.WriteString("errorMessage", receipt.Message ?? "");
        json.WriteEndObject();
    });

    private static byte[] EncodeJson(OtlpRefusal refusal) => WriteJson(json =>
    {
        json.WriteNumber("code", (int)refusal.Code);
        json.WriteString("message", refusal.Message);
        if (refusal.RetryAfter is not { } retry) return;
        json.WriteStartArray("details");
        json.WriteStartObject();
        json.WriteString("@type", RetryInfo);
        json.WriteString("retryDelay", $"{Seconds(retry)}s");
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static byte[] WriteJson(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static string RejectedName(OtlpSignal signal) => signal switch
    {
        OtlpSignal.Traces => "rejectedSpans",
        OtlpSignal.Logs => "rejectedLogRecords",
        _ => "rejectedDataPoints",
    };

    private static void WriteNumber(ArrayBufferWriter<byte> to, int field, ulong value)
    {
        if (value == 0) return;
        WriteVarint(to, (ulong)(field << 3));
        WriteVarint(to, value);
    }

    private static void WriteText(ArrayBufferWriter<byte> to, int field, string text)
    {
        if (text.Length > 0) WriteBytes(to, field, Encoding.UTF8.GetBytes(text));
    }

    private static void WriteBytes(ArrayBufferWriter<byte> to, int field, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(to, (ulong)((field << 3) | 2));
        WriteVarint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> to, ulong value)
    {
        var span = to.GetSpan(10);
        var i = 0;
        for (; value >= 0x80; value >>= 7) span[i++] = (byte)(value | 0x80);
        span[i++] = (byte)value;
        to.Advance(i);
    }
}
