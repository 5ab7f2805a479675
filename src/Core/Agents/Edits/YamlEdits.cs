using System.Globalization;
using System.Text;
using Espalier.Core.Shared;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Agents.Edits;

/// <summary>Sets one value in a YAML file and leaves the other keys as they are. Comments are not kept: the rationale is in the commit.</summary>
internal static class YamlEdits
{
    /// <param name="files">The version's files; the edited one may be missing, blank or new.</param>
    /// <param name="file">The file to edit.</param>
    /// <param name="path">Keys from the root; mappings on the way are made when absent.</param>
    /// <param name="value">What stands there afterwards.</param>
    /// <returns>A refusal when the file is not YAML, or holds something else where a mapping must be.</returns>
    public static EditResult Set(IReadOnlyDictionary<string, byte[]> files, string file, IReadOnlyList<string> path, YamlNode value)
    {
        var text = files.TryGetValue(file, out var bytes) ? Encoding.UTF8.GetString(bytes) : "";
        if (YamlScan.Load(text, out var stream) is { } problem) return EditResult.Refused($"{file}, line {problem.Line}: the file {problem.What}");
        if (stream.Documents.Count == 0) stream.Add(new YamlDocument(new YamlMappingNode()));
        if (stream.Documents.Count > 1) return EditResult.Refused($"{file} holds several documents");
        if (stream.Documents[0].RootNode is not YamlMappingNode node) return EditResult.Refused($"{file} is not a mapping");
        foreach (var key in path.Take(path.Count - 1))
        {
            var child = node.Children.TryGetValue(key, out var found) ? found : null;
            if (child is not YamlMappingNode mapping)
            {
                // 'routes:' with nothing after it is an empty mapping to people.
                if (child is not (null or YamlScalarNode { Value: null or "" or "~" or "null", Style: ScalarStyle.Plain }))
                    return EditResult.Refused($"{file} holds something else than a mapping at '{key}'");
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
        return EditResult.Changed(file, (saved.EndsWith("...\n", StringComparison.Ordinal) ? saved[..^4] : saved).TrimEnd() + "\n");
    }

    public static YamlMappingNode Flow(params (string Key, string Value)[] pairs)
    {
        var node = new YamlMappingNode { Style = YamlDotNet.Core.Events.MappingStyle.Flow };
        foreach (var (key, value) in pairs) node.Add(key, value);
        return node;
    }

    public static string Text(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
