using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Espalier.Contracts.Runs;

namespace Espalier.Workers.Runs.Workspaces;

/// <summary>Changes as a unified patch: of each file one hunk, from the first line that differs to the last. Valid, if not the shortest.</summary>
internal sealed class PatchText
{
    private const int MostChars = 256 << 10;
    private const int Around = 3;

    private readonly StringBuilder _text = new();

    public void Add(FileChange change, byte[]? old, byte[]? now)
    {
        if (_text.Length > MostChars) return;
        _text.Append(CultureInfo.InvariantCulture, $"diff --git a/{change.Path} b/{change.Path}\n");
        if (change.Kind == FileChangeKind.Link)
        {
            _text.Append(CultureInfo.InvariantCulture, $"new file mode 120000\nlink to {Encoding.UTF8.GetString(now ?? [])}\n");
            return;
        }

        if (change.Kind == FileChangeKind.Added) _text.Append(change.Executable ? "new file mode 100755\n" : "new file mode 100644\n");
        if (change.Kind == FileChangeKind.Deleted) _text.Append("deleted file mode 100644\n");
        if (!IsText(old) || !IsText(now))
        {
            _text.Append(CultureInfo.InvariantCulture, $"Binary files differ ({old?.Length ?? 0} and {now?.Length ?? 0} bytes)\n");
            return;
        }

        _text.Append(old is null ? "--- /dev/null\n" : $"--- a/{change.Path}\n").Append(now is null ? "+++ /dev/null\n" : $"+++ b/{change.Path}\n");
        Hunk(Lines(old), Lines(now));
        if (_text.Length > MostChars) _text.Append("\n(the rest is left out)\n");
    }

    public override string ToString() => _text.ToString();

    private static bool IsText(byte[]? bytes) => bytes is null || (Array.IndexOf(bytes, (byte)0) < 0 && Utf8.IsValid(bytes));

    /// <summary>With their ends, so that a missing last one shows.</summary>
    private static List<string> Lines(byte[]? bytes)
    {
        var lines = new List<string>();
        var text = Encoding.UTF8.GetString(bytes ?? []);
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            lines.Add(text[at..next]);
            at = next;
        }

        return lines;
    }

    private void Hunk(List<string> old, List<string> now)
    {
        var head = 0;
        while (head < old.Count && head < now.Count && old[head] == now[head]) head++;
        var tail = 0;
        while (tail < old.Count - head && tail < now.Count - head && old[^(tail + 1)] == now[^(tail + 1)]) tail++;
        if (head == old.Count && head == now.Count) return;
        var (from, after) = (Math.Max(0, head - Around), Math.Min(tail, Around));
        var (oldEnd, nowEnd) = (old.Count - tail, now.Count - tail);
        _text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(from, oldEnd + after)} +{Range(from, nowEnd + after)} @@\n");
        for (var i = from; i < head; i++) Line(' ', old[i]);
        for (var i = head; i < oldEnd; i++) Line('-', old[i]);
        for (var i = head; i < nowEnd; i++) Line('+', now[i]);
        for (var i = oldEnd; i < oldEnd + after; i++) Line(' ', old[i]);
    }

    private static string Range(int from, int end) => string.Create(CultureInfo.InvariantCulture, $"{(end == from ? from : from + 1)},{end - from}");

    private void Line(char mark, string line)
    {
        if (_text.Length > MostChars) return;
        _text.Append(mark).Append(line);
        if (!line.EndsWith('\n')) _text.Append("\n\\ No newline at end of file\n");
    }
}
