using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Agents.Edits;

/// <summary>Sets one value in a YAML file and leaves the other keys as they are. Comments are not kept: the rationale is in the commit.</summary>
internal static class YamlEdits
{
    /// <param name="text">The file's text; null or blank for a new file.</param>
    /// <param name="path">Keys from the root; mappings on the way are made when absent.</param>
    /// <param name="value">What stands there afterwards.</param>
    public static string Set(string? text, IReadOnlyList<string> path, YamlNode value)
    {
        var stream = new YamlStream();
        if (!string.IsNullOrWhiteSpace(text)) stream.Load(new StringReader(text));
        if (stream.Documents.Count == 0) stream.Add(new YamlDocument(new YamlMappingNode()));
        var node = stream.Documents[0].RootNode as YamlMappingNode
            ?? throw new InvalidOperationException("The file is not a mapping; the version was not checked before the edit.");
        foreach (var key in path.Take(path.Count - 1))
        {
            if (!node.Children.TryGetValue(key, out var child) || child is not YamlMappingNode mapping)
            {
                mapping = [];
                node.Children[key] = mapping;
            }

            mapping.Style = YamlDotNet.Core.Events.MappingStyle.Block;
            node = mapping;
        }

        node.Children[path[^1]] = value;
        var written = new StringBuilder();
        using var writer = new StringWriter(written, CultureInfo.InvariantCulture) { NewLine = "\n" };
        stream.Save(new Emitter(writer, new EmitterSettings().WithNewLine("\n")), assignAnchors: false);
        var saved = written.ToString();
        // The emitter ends a document with '...', which people do not write.
        return (saved.EndsWith("...\n", StringComparison.Ordinal) ? saved[..^4] : saved).TrimEnd() + "\n";
    }

    public static YamlMappingNode Flow(params (string Key, string Value)[] pairs)
    {
        var node = new YamlMappingNode { Style = YamlDotNet.Core.Events.MappingStyle.Flow };
        foreach (var (key, value) in pairs) node.Add(key, value);
        return node;
    }

    public static string Text(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
