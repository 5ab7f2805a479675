using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Espalier.Core.Agents;

/// <summary>The one way to write labelled examples into a prompt, for edits, for the gateway's memory and for the local models.</summary>
/// <remarks>A block in any message, each mark alone on its line: <c>&lt;examples&gt;</c>, then one JSON object a line
/// <c>{"input": "...", "output": "..."}</c>, then <c>&lt;/examples&gt;</c>. JSON escapes line breaks, so no text can end its block.
/// Reading skips lines that are not such objects and ignores a block that is never closed. Half a surrogate pair comes back as U+FFFD.</remarks>
public static class LabelledExamples
{
    private const string Open = "<examples>";
    private const string Close = "</examples>";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The block, without a line break after it. No examples give an empty string.</summary>
    public static string Format(IEnumerable<LabelledExample> examples)
    {
        var text = new StringBuilder(Open);
        var any = false;
        foreach (var example in examples)
        {
            any = true;
            text.Append('\n').Append(FormatLine(example));
        }

        return any ? text.Append('\n').Append(Close).ToString() : "";
    }

    /// <summary>All examples of all blocks, in order.</summary>
    public static IReadOnlyList<LabelledExample> Parse(string text)
    {
        var found = new List<LabelledExample>();
        Walk(text, block => found.AddRange(block.Select(ParseLine).OfType<LabelledExample>()), _ => { });
        return found;
    }

    /// <summary>The text without its blocks; what is left is not changed otherwise.</summary>
    public static string Remove(string text)
    {
        if (!text.Contains(Open, StringComparison.Ordinal)) return text;
        var kept = new List<string>();
        Walk(text, _ => { }, kept.Add);
        return string.Join('\n', kept);
    }

    private static void Walk(string text, Action<List<string>> onBlock, Action<string> onLine)
    {
        if (!text.Contains(Open, StringComparison.Ordinal))
        {
            onLine(text);
            return;
        }

        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var end = lines[i].Trim() == Open ? Array.FindIndex(lines, i + 1, line => line.Trim() == Close) : -1;
            if (end < 0)
            {
                onLine(lines[i]);
                continue;
            }

            onBlock([.. lines[(i + 1)..end]]);
            i = end;
        }
    }

    private static string FormatLine(LabelledExample example)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("input", example.Input);
            json.WriteString("output", example.Output);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static LabelledExample? ParseLine(string line)
    {
        if (line.AsSpan().Trim() is not ['{', .., '}']) return null;
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.String
                && json.RootElement.TryGetProperty("output", out var output) && output.ValueKind == JsonValueKind.String
                ? new LabelledExample(input.GetString()!, output.GetString()!)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>An input with the answer that was right for it.</summary>
public sealed record LabelledExample(string Input, string Output);
