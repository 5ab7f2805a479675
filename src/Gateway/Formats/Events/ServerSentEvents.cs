using System.Runtime.CompilerServices;

namespace Espalier.Gateway.Formats.Events;

/// <summary>Cuts a stream of server-sent events into events and keeps each one's bytes as they came.</summary>
/// <remarks>By the HTML standard's grammar: lines end in LF, CR LF or CR, data lines are joined by LF, comments and unknown fields mean
/// nothing. An event that the stream's end cuts off is given out as if it had ended: whether it is whole is its reader's to find out.</remarks>
internal static class ServerSentEvents
{
    private static readonly byte[] End = "\n\n"u8.ToArray();

    public static async IAsyncEnumerable<StreamEvent> ReadAsync(Stream stream, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var buffer = new EventBuffer(stream, limit);
        var cut = new EventCut();
        while (true)
        {
            while (cut.TryLine(buffer, ended: false))
            {
                if (!cut.IsBlank) continue;
                var raw = buffer.Take();
                yield return new StreamEvent(cut.Data(buffer), raw, buffer.HasMore);
                cut.Clear();
            }

            var (read, shift) = await buffer.FillAsync(cancellationToken);
            cut.Shift(shift);
            if (read) continue;
            while (cut.TryLine(buffer, ended: true))
            {
            }

            if (!cut.HasData) yield break;
            byte[] last = [.. buffer.Take().Span, .. End];
            yield return new StreamEvent(cut.Data(buffer), last);
            yield break;
        }
    }

    /// <summary>What is known of the event that is being read.</summary>
    private sealed class EventCut
    {
        private readonly List<(int From, int To)> _data = [];
        private int _seen;

        public bool IsBlank { get; private set; }

        public bool HasData => _data.Count > 0;

        /// <summary>Takes one line; false when there is no whole one.</summary>
        public bool TryLine(EventBuffer buffer, bool ended)
        {
            var unread = buffer.Unread;
            // A long line arrives in many pieces; each is looked at once.
            var length = unread[_seen..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length >= 0) length += _seen;
            _seen = length < 0 ? unread.Length : length;
            var next = length + 1;
            if (length >= 0 && unread[length] == (byte)'\r')
            {
                // Whether a line feed belongs to it is known only once the next byte is here.
                if (next == unread.Length && !ended) return false;
                if (next < unread.Length && unread[next] == (byte)'\n') next++;
            }
            else if (length < 0)
            {
                if (!ended || unread.IsEmpty) return false;
                (length, next) = (unread.Length, unread.Length);
            }

            Read(unread[..length], buffer.Position);
            buffer.Position += next;
            _seen = 0;
            return true;
        }

        public ReadOnlyMemory<byte> Data(EventBuffer buffer)
        {
            if (_data.Count == 0) return default;
            if (_data.Count == 1) return buffer.Slice(_data[0].From, _data[0].To);
            var joined = new MemoryStream();
            foreach (var (from, to) in _data)
            {
                if (joined.Length > 0) joined.WriteByte((byte)'\n');
                joined.Write(buffer.Slice(from, to).Span);
            }

            return joined.ToArray();
        }

        public void Clear() => _data.Clear();

        public void Shift(int by)
        {
            for (var i = 0; by > 0 && i < _data.Count; i++) _data[i] = (_data[i].From - by, _data[i].To - by);
        }

        private void Read(ReadOnlySpan<byte> line, int at)
        {
            IsBlank = line.IsEmpty;
            if (line.StartsWith("\uFEFF"u8))
            {
                line = line[3..];
                at += 3;
            }

            if (!line.StartsWith("data"u8)) return;
            if (line.Length == 4) _data.Add((at + 4, at + 4));
            else if (line[4] == (byte)':') _data.Add((at + (line.Length > 5 && line[5] == (byte)' ' ? 6 : 5), at + line.Length));
        }
    }
}
