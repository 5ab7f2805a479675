using System.Runtime.CompilerServices;
using System.Text;

namespace Espalier.Cli.Traces.Imports;

/// <summary>Cuts a text into JSON values without parsing them: whoever reads a value says what is wrong with it.</summary>
internal static class JsonRecords
{
    private const int Shown = 500;

    /// <summary>Each line that is not blank.</summary>
    public static async IAsyncEnumerable<FileRecord> Lines(StreamReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new Scan(reader);
        var line = new StringBuilder();
        var tooLong = false;
        for (long number = 1; ;)
        {
            var c = await scan.NextAsync(cancellationToken);
            if (c is -1 or '\n')
            {
                if (Take(line, number, ref tooLong) is { } record) yield return record;
                if (c == -1) yield break;
                number++;
            }
            else Append(line, (char)c, ref tooLong);
        }
    }

    /// <summary>The elements of an array, or objects one after the other, over as many lines as they take.</summary>
    public static async IAsyncEnumerable<FileRecord> Documents(StreamReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new Scan(reader);
        var value = new StringBuilder();
        var (tooLong, isInText, isEscaped, isArray, isFirst) = (false, false, false, false, true);
        var depth = 0;
        long line = 1, start = 1;
        while (await scan.NextAsync(cancellationToken) is >= 0 and var next)
        {
            var c = (char)next;
            if (c == '\n') line++;
            if (depth == 0 && !isInText)
            {
                if (char.IsWhiteSpace(c) || c == '\ufeff') continue;
                if (isFirst && c == '[')
                {
                    (isFirst, isArray) = (false, true);
                    continue;
                }

                isFirst = false;
                if (value.Length == 0 && (c == ',' || (isArray && c == ']'))) continue;
                if (value.Length == 0) start = line;
                // Numbers and words between objects end with the next comma.
                if (c is ',' or ']')
                {
                    if (Take(value, start, ref tooLong) is { } bare) yield return bare;
                    continue;
                }
            }

            Append(value, c, ref tooLong);
            if (isInText)
            {
                if (isEscaped) isEscaped = false;
                else if (c == '\\') isEscaped = true;
                else if (c == '"') isInText = false;
                continue;
            }

            if (c == '"') isInText = true;
            else if (c is '{' or '[') depth++;
            else if (c is '}' or ']' && --depth <= 0)
            {
                depth = 0;
                if (Take(value, start, ref tooLong) is { } record) yield return record;
            }
        }

        if (Take(value, start, ref tooLong) is { } cut) yield return cut;
    }

    private static void Append(StringBuilder value, char c, ref bool tooLong)
    {
        if (value.Length < TraceFile.MostOfOne) value.Append(c);
        else tooLong = true;
    }

    private static FileRecord? Take(StringBuilder value, long line, ref bool tooLong)
    {
        var text = value.ToString().Trim();
        var wasTooLong = tooLong;
        value.Clear();
        if (value.Capacity > 1 << 20) value.Capacity = 1 << 16;
        tooLong = false;
        if (text.Length == 0) return null;
        return wasTooLong ? new FileRecord(line, text[..Shown], null, $"it has more than {TraceFile.MostOfOne >> 20} million characters") : new FileRecord(line, text);
    }

    private sealed class Scan(StreamReader reader)
    {
        private readonly char[] _buffer = new char[1 << 15];
        private int _at, _length;

        public ValueTask<int> NextAsync(CancellationToken cancellationToken) => _at < _length ? ValueTask.FromResult<int>(_buffer[_at++]) : FillAsync(cancellationToken);

        private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
        {
            _length = await reader.ReadAsync(_buffer, cancellationToken);
            _at = 0;
            return _length == 0 ? -1 : _buffer[_at++];
        }
    }
}
