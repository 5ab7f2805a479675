using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Where a page ended: the start and the id of its last trace. Traces that arrive meanwhile do not shift it.</summary>
internal readonly record struct TraceCursor(long StartUs, string TraceId)
{
    /// <summary>Before every trace, which is where the first page begins.</summary>
    public static TraceCursor Newest => new(long.MaxValue, "");

    public static TraceCursor Parse(string? text)
    {
        if (text is null) return Newest;
        try
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 2);
            if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var start)) return new(start, parts[1]);
        }
        catch (FormatException)
        {
        }

        throw new Refusal("cursor-not-valid", 400, $"'{text}' is not a cursor of a list of traces.", "Give next_cursor of the page before, unchanged, or none.");
    }

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{StartUs} {TraceId}"));
}
