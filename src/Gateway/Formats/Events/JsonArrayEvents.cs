using System.Runtime.CompilerServices;

namespace Espalier.Gateway.Formats.Events;

/// <summary>Cuts one long JSON array into its elements as they arrive and keeps all bytes between them.</summary>
/// <remarks>Only brackets and strings are looked at; whether an element is valid JSON is its reader's to find out.</remarks>
internal static class JsonArrayEvents
{
    public static async IAsyncEnumerable<StreamEvent> ReadAsync(Stream stream, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var buffer = new EventBuffer(stream, limit);
        var cut = new ElementCut();
        while (true)
        {
            while (cut.TryElement(buffer, out var data))
            {
                var raw = buffer.Take();
                yield return new StreamEvent(data, raw, buffer.HasMore);
            }

            var (read, shift) = await buffer.FillAsync(cancellationToken);
            cut.Shift(shift);
            if (read) continue;
            var rest = buffer.Take();
            if (cut.IsInside) yield return new StreamEvent(rest, rest);
            else if (!rest.IsEmpty) yield return new StreamEvent(default, rest);
            yield break;
        }
    }

    private sealed class ElementCut
    {
        private int _start = -1;
        private int _depth;
        private bool _inString;
        private bool _escaped;

        public bool IsInside => _start >= 0;

        public bool TryElement(EventBuffer buffer, out ReadOnlyMemory<byte> data)
        {
            var unread = buffer.Unread;
            for (var i = 0; i < unread.Length; i++)
            {
                if (_inString)
                {
                    if (_escaped) _escaped = false;
                    else if (unread[i] == (byte)'\\') _escaped = true;
                    else if (unread[i] == (byte)'"') _inString = false;
                    continue;
                }

                switch (unread[i])
                {
                    case (byte)'"':
                        _inString = true;
                        break;
                    case (byte)'{' or (byte)'[' when IsInside:
                        _depth++;
                        break;
                    case (byte)'{':
                        (_start, _depth) = (buffer.Position + i, 1);
                        break;
                    case (byte)'}' or (byte)']' when IsInside && --_depth == 0:
                        buffer.Position += i + 1;
                        data = buffer.Slice(_start, buffer.Position);
                        _start = -1;
                        return true;
                }
            }

            buffer.Position += unread.Length;
            data = default;
            return false;
        }

        public void Shift(int by)
        {
            if (IsInside) _start -= by;
        }
    }
}
