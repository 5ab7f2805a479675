using System.Buffers.Text;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Reads ids of traces (16 bytes) and spans (8 bytes) into lower-case hex. All zeros is no id.</summary>
internal static class OtlpIds
{
    public const int TraceBytes = 16;
    public const int SpanBytes = 8;

    public static string? FromBytes(ReadOnlySpan<byte> bytes, int length) =>
        bytes.Length != length || !bytes.ContainsAnyExcept((byte)0) ? null : Convert.ToHexStringLower(bytes);

    /// <summary>JSON writes ids as hex; some senders write base64, as protobuf's own JSON would.</summary>
    public static string? FromText(ReadOnlySpan<byte> text, int length)
    {
        Span<byte> bytes = stackalloc byte[TraceBytes + 8];
        if (text.Length == length * 2)
        {
            for (var i = 0; i < length; i++)
            {
                int high = Digit(text[i * 2]), low = Digit(text[(i * 2) + 1]);
                if (high < 0 || low < 0) return null;
                bytes[i] = (byte)((high << 4) | low);
            }

            return FromBytes(bytes[..length], length);
        }

        if (text.Length != (length + 2) / 3 * 4) return null;
        return Base64.DecodeFromUtf8(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            ? FromBytes(bytes[..written], length)
            : null;
    }

    private static int Digit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
