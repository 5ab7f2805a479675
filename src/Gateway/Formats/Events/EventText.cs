using System.Text;

namespace Espalier.Gateway.Formats.Events;

/// <summary>Writes one server-sent event.</summary>
internal static class EventText
{
    /// <param name="type">The event's name; null for none.</param>
    /// <param name="data">What it says; a line break inside it begins a new data line.</param>
    public static ReadOnlyMemory<byte> Write(string? type, ReadOnlyMemory<byte> data)
    {
        var output = new MemoryStream(data.Length + 64);
        if (type is not null) output.Write(Encoding.UTF8.GetBytes($"event: {type}\n"));
        var rest = data.Span;
        while (true)
        {
            var end = rest.IndexOf((byte)'\n');
            output.Write("data: "u8);
            output.Write(end < 0 ? rest : rest[..end]);
            output.WriteByte((byte)'\n');
            if (end < 0) break;
            rest = rest[(end + 1)..];
        }

        output.WriteByte((byte)'\n');
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>The event with other data and the same framing.</summary>
    public static StreamEvent With(this StreamEvent streamed, ReadOnlyMemory<byte> data)
    {
        var place = streamed.Raw.Span.IndexOf(streamed.Data.Span);
        // Data of several lines does not lie in one piece in its framing.
        ReadOnlyMemory<byte> raw = place >= 0 ? (byte[])[.. streamed.Raw.Span[..place], .. data.Span, .. streamed.Raw.Span[(place + streamed.Data.Length)..]] : Write(null, data);
        return streamed with { Data = data, Raw = raw };
    }

    public static StreamEvent Event(string? type, ReadOnlyMemory<byte> data) => new(data, Write(type, data));
}
