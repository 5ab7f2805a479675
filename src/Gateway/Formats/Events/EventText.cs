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

    public static StreamEvent Event(string? type, ReadOnlyMemory<byte> data) => new(data, Write(type, data));
}
