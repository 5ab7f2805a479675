using System.Globalization;
using System.Text;

namespace Espalier.Server.Traces.Otlp;

/// <summary>The texts that gRPC keeps in headers.</summary>
internal static class GrpcHeaders
{
    // Longer than any timer takes, and than any client means.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Reads <c>grpc-timeout</c>: up to eight digits and a unit.</summary>
    /// <returns>False when it is something else.</returns>
    public static bool TryReadTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        long? ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticks is not { } unit) return false;
        timeout = TimeSpan.FromTicks(unit == 0 ? count / 100 : count * unit);
        if (timeout > Longest) timeout = Longest;
        return true;
    }

    /// <summary><c>grpc-message</c>: UTF-8 with percent signs for all that a header cannot hold.</summary>
    public static string EncodeMessage(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var one in Encoding.UTF8.GetBytes(message))
        {
            if (one is >= 0x20 and <= 0x7E and not (byte)'%') text.Append((char)one);
            else text.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
        }

        return text.ToString();
    }
}
