using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Shared;

/// <summary>Looks through YAML text event by event, before anything is built from it.</summary>
/// <remarks>Building recurses, so that thousands of brackets would end the process; reading events does not.</remarks>
internal static class YamlScan
{
    private const int MaxDepth = 32;

    /// <summary>The text's documents, or why they are not plain YAML: not YAML at all, nested too deeply, or clever.</summary>
    public static YamlProblem? Load(string text, out YamlStream stream)
    {
        stream = [];
        if (FindProblem(text) is { } problem) return problem;
        try
        {
            stream.Load(new StringReader(text));
            return null;
        }
        catch (YamlException e)
        {
            return NotYaml(e.Start.Line, e.InnerException?.Message ?? e.Message);
        }
        catch (ArgumentException)
        {
            // The builder's own way of saying that a node is missing (YamlDotNet 16).
            return NotYaml(1, "It has a colon where no key is.");
        }
    }

    private static YamlProblem? FindProblem(string text)
    {
        if (FindControl(text) is { } at)
            return NotYaml(1 + text.AsSpan(0, at).Count('\n'), $"It holds the character U+{(int)text[at]:X4}, which no text file may.");
        var parser = new Parser(new StringReader(text));
        long line = 1;
        try
        {
            var depth = 0;
            while (parser.MoveNext())
            {
                var seen = parser.Current!;
                line = seen.Start.Line;
                // The stream and the document are levels of their own.
                depth += seen.NestingIncrease;
                if (depth > MaxDepth + 2) return new(line, "is nested deeper than 32 levels", "Flatten it.");
                if (Cleverness(seen) is { } problem) return problem;
            }

            return null;
        }
        catch (YamlException e)
        {
            return NotYaml(e.Start.Line, e.InnerException?.Message ?? e.Message);
        }
        catch (InvalidOperationException)
        {
            // The scanner's own way of saying that a flow sequence was never closed (YamlDotNet 16).
            return NotYaml(line, "A bracket or brace is not closed.");
        }
    }

    private static YamlProblem NotYaml(long line, string why) => new(line, $"is not valid YAML: {why}", "Check indentation, quotes and brackets around that line.");

    /// <summary>The first character that YAML does not allow (its section 5.1); the parser takes some of them for the end of the text.</summary>
    private static int? FindControl(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r' or '\u0085')) return i;
        return null;
    }

    private static YamlProblem? Cleverness(ParsingEvent seen) => seen switch
    {
        AnchorAlias alias => new(seen.Start.Line, $"uses the alias *{alias.Value}", "Write the value out; anchors and aliases are not read."),
        NodeEvent { Anchor.IsEmpty: false } => new(seen.Start.Line, "uses an anchor", "Write the value out; anchors and aliases are not read."),
        NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag } => new(seen.Start.Line, $"uses the tag {tag}", "Leave the tag out."),
        _ => null,
    };
}

/// <param name="Line">Where it was seen, from 1.</param>
/// <param name="What">Continues <c>the file</c>.</param>
/// <param name="Fix">What would be right.</param>
internal sealed record YamlProblem(long Line, string What, string Fix);
