using System.Globalization;

namespace Espalier.Core.Traces.Redaction.Detectors.IpAddresses;

/// <summary>Reads the forms of RFC 4291, section 2.2: eight groups, <c>::</c> for zeros once, the last two as IPv4.</summary>
internal static class IpV6Form
{
    public const int Groups = 8;

    public static bool TryRead(ReadOnlySpan<char> text, Span<ushort> groups)
    {
        groups.Clear();
        var gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0) return Read(text, groups) == Groups;
        Span<ushort> tail = stackalloc ushort[Groups];
        var before = gap == 0 ? 0 : Read(text[..gap], groups);
        var after = gap + 2 == text.Length ? 0 : Read(text[(gap + 2)..], tail);
        if (before < 0 || after < 0 || before + after >= Groups) return false;
        groups[before..].Clear();
        tail[..after].CopyTo(groups[(Groups - after)..]);
        return true;
    }

    // How many groups were read, or -1.
    private static int Read(ReadOnlySpan<char> text, Span<ushort> groups)
    {
        var count = 0;
        while (true)
        {
            var end = text.IndexOf(':');
            var group = end < 0 ? text : text[..end];
            if (count >= Groups) return -1;
            if (end < 0 && group.Contains('.')) return count <= Groups - 2 && ReadIpV4(group, groups.Slice(count, 2)) ? count + 2 : -1;
            if (group.Length is 0 or > 4 || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out groups[count])) return -1;
            count++;
            if (end < 0) return count;
            text = text[(end + 1)..];
        }
    }

    private static bool ReadIpV4(ReadOnlySpan<char> text, Span<ushort> into)
    {
        Span<byte> octets = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            var end = text.IndexOf('.');
            if (end < 0 != (i == 3) || !byte.TryParse(end < 0 ? text : text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out octets[i])) return false;
            text = text[(end + 1)..];
        }

        into[0] = (ushort)((octets[0] << 8) | octets[1]);
        into[1] = (ushort)((octets[2] << 8) | octets[3]);
        return true;
    }
}
