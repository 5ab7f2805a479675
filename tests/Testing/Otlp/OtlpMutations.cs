using Espalier.Core.Shared;

namespace Espalier.Testing.Otlp;

/// <summary>Spoils export requests as a broken or hostile sender would: bytes flipped, cut, doubled, moved, numbers made huge.</summary>
/// <remarks>Half of the time only in place and with harmless bytes, so that the request stays readable and what it holds does not.</remarks>
public static class OtlpMutations
{
    private static readonly byte[] Harmless = "{}[]:,0189.-eatnul T"u8.ToArray();

    private static readonly byte[][] Pieces =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x00], [0x80], [0x0A, 0xFF, 0x7F], [0xC3, 0x28], [0xED, 0xA0, 0x80],
        "\\ud800"u8.ToArray(), "\""u8.ToArray(), "{"u8.ToArray(), "["u8.ToArray(), "]}"u8.ToArray(), "null"u8.ToArray(), "-1"u8.ToArray(),
        "9223372036854775807"u8.ToArray(), "1e308"u8.ToArray(), "[[[[[[[[[[[[[[[["u8.ToArray(), "{\"role\":1,\"content\":[{}]}"u8.ToArray(),
        "\\\""u8.ToArray(), "null,"u8.ToArray(), "{\"type\":\"tool_use\"}"u8.ToArray(), "{\"kwargs\":{\"message\":{\"kwargs\":{}}}}"u8.ToArray(),
    ];

    public static byte[] Mutate(byte[] body, Rng random)
    {
        if (random.Next(2) == 0) return Inside(body, random);
        var bytes = body;
        for (var times = 1 + random.Next(6); times > 0 && bytes.Length > 0; times--) bytes = Once(bytes, random);
        return bytes;
    }

    private static byte[] Inside(byte[] body, Rng random)
    {
        var bytes = body.ToArray();
        for (var times = 1 + random.Next(24); times > 0 && bytes.Length > 0; times--)
        {
            var at = random.Next(bytes.Length);
            // Lengths and the framing of JSON are left alone; texts, and the JSON within them, are not.
            if (bytes[at] is >= 0x21 and < 0x7F and not ((byte)'"' or (byte)'\\') && !IsOutside(bytes, at)) bytes[at] = Harmless[random.Next(Harmless.Length)];
        }

        return bytes;
    }

    private static bool IsOutside(byte[] bytes, int at) =>
        bytes[at] is (byte)'{' or (byte)'}' or (byte)'[' or (byte)']' or (byte)':' or (byte)',' && !bytes.AsSpan(Math.Max(0, at - 8), Math.Min(16, bytes.Length - Math.Max(0, at - 8))).Contains((byte)'\\');

    private static byte[] Once(byte[] bytes, Rng random)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(7))
        {
            case 0:
                var flipped = bytes.ToArray();
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                var replaced = bytes.ToArray();
                replaced[at] = (byte)random.Next(256);
                return replaced;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. Pieces[random.Next(Pieces.Length)], .. bytes[at..]];
            case 4:
                var length = Math.Min(bytes.Length - at, 1 + random.Next(64));
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5:
                var copied = Math.Min(bytes.Length - at, 1 + random.Next(256));
                return [.. bytes[..(at + copied)], .. bytes[at..]];
            default:
                var over = bytes.ToArray();
                var piece = Pieces[random.Next(Pieces.Length)];
                piece.AsSpan(0, Math.Min(piece.Length, over.Length - at)).CopyTo(over.AsSpan(at));
                return over;
        }
    }
}
