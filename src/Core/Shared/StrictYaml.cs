using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Shared;

/// <summary>Reads one YAML mapping with nothing clever in it: no anchors, aliases, tags or merge keys, no unknown or double keys.</summary>
/// <remarks>Every problem is a <see cref="Refusal"/> that names file, line, key and fix. Limits (security design, section 9):
/// 256 KiB, depth 32.</remarks>
public sealed class StrictYaml
{
    private const int MaxBytes = 256 * 1024;

    private readonly string _file;
    private readonly string _at;
    private readonly YamlMappingNode _node;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private StrictYaml(string file, string at, YamlMappingNode node)
    {
        _file = file;
        _at = at;
        _node = node;
    }

    public IEnumerable<string> Keys => _node.Children.Keys.Select(key => ((YamlScalarNode)key).Value ?? "");

    public static StrictYaml Parse(string file, string text)
    {
        if (text.Length > MaxBytes) throw Bad(file, 1, "is larger than 256 KiB", "Keep long texts in files of their own.");
        if (YamlScan.Load(text, out var stream) is { } problem) throw Bad(file, problem.Line, problem.What, problem.Fix);
        if (stream.Documents.Count == 0) throw Bad(file, 1, "is empty", "Write at least one key.");
        if (stream.Documents.Count > 1) throw Bad(file, 1, "holds several documents", "Keep one document, without '---' in the middle.");
        var root = stream.Documents[0].RootNode;
        CheckKeys(file, root);
        return root is YamlMappingNode mapping
            ? new StrictYaml(file, "", mapping)
            : throw Bad(file, root.Start.Line, "is not a mapping", "Write 'key: value' lines.");
    }

    public StrictYaml? Mapping(string key)
    {
        if (Node(key) is not { } node) return null;
        return node is YamlMappingNode mapping
            ? new StrictYaml(_file, Path(key), mapping)
            : throw Bad(node, key, "must be a mapping", $"Write '{key}:' and indented keys below it.");
    }

    public string? Text(string key)
    {
        if (Node(key) is not { } node) return null;
        return node is YamlScalarNode { Value: { } value } ? value : throw Bad(node, key, "must be a text", "Quote it if it holds special characters.");
    }

    public string RequiredText(string key, string example) =>
        Text(key) is { Length: > 0 } value ? value : throw Bad(_node, key, "is missing", $"Write '{key}: {example}'.");

    public double? Number(string key)
    {
        if (Text(key) is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Bad(Node(key)!, key, $"is '{text}', not a number", "Write a plain number such as 0.35.");
    }

    public int? WholeNumber(string key, int low, int high)
    {
        if (Text(key) is not { } text) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high
            ? number
            : throw Bad(Node(key)!, key, $"is '{text}'", $"Write a whole number from {low} to {high}.");
    }

    /// <summary>A list of texts; one text counts as a list of one.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Node(key) is not { } node) return null;
        if (node is YamlScalarNode { Value: { } single }) return [single];
        if (node is not YamlSequenceNode sequence) throw Bad(node, key, "must be a list", "Write it as [a, b].");
        return [.. sequence.Children.Select(child =>
            child is YamlScalarNode { Value: { } value } ? value : throw Bad(child, key, "must hold texts only", "Write it as [a, b]."))];
    }

    public IReadOnlyList<StrictYaml>? Mappings(string key)
    {
        if (Node(key) is not { } node) return null;
        if (node is not YamlSequenceNode sequence) throw Bad(node, key, "must be a list", "Write one '- ' line for each.");
        return [.. sequence.Children.Select((child, i) => child is YamlMappingNode mapping
            ? new StrictYaml(_file, $"{Path(key)}[{i}]", mapping)
            : throw Bad(child, key, "must hold mappings only", "Write each as { key: value }."))];
    }

    public bool Has(string key) => Find(key) is not null;

    /// <summary>Refuses keys that nobody asked for, with the nearest known one.</summary>
    public void Finish()
    {
        foreach (var (keyNode, _) in _node.Children)
        {
            var key = ((YamlScalarNode)keyNode).Value ?? "";
            if (_read.Contains(key)) continue;
            var nearest = Nearest.Of(key, _read, 1);
            var hint = nearest.Count > 0 ? $"Did you mean '{nearest[0]}'? " : "";
            throw Bad(keyNode, key, "is not a known key", $"{hint}Known here: {string.Join(", ", _read.Order(StringComparer.Ordinal))}.");
        }
    }

    public Refusal Bad(string key, string what, string fix) => Bad(Find(key) ?? _node, key, what, fix);

    /// <summary>What the events do not show: which texts are keys.</summary>
    private static void CheckKeys(string file, YamlNode node)
    {
        if (node is YamlSequenceNode sequence)
            foreach (var child in sequence.Children) CheckKeys(file, child);
        if (node is not YamlMappingNode mapping) return;
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { } name }) throw Bad(file, key.Start.Line, "has a key that is not a text", "Use plain keys.");
            if (name == "<<") throw Bad(file, key.Start.Line, "uses a merge key", "Write the values out.");
            CheckKeys(file, value);
        }
    }

    private static Refusal Bad(string file, long line, string what, string fix) =>
        new("file-not-valid", 422, $"{file}, line {line}: the file {what}.", fix);

    private Refusal Bad(YamlNode node, string key, string what, string fix) =>
        new("file-not-valid", 422, $"{_file}, line {node.Start.Line}: '{Path(key)}' {what}.", fix);

    private YamlNode? Node(string key)
    {
        _read.Add(key);
        return Find(key) is YamlScalarNode { Value: null or "" or "~" or "null", Style: ScalarStyle.Plain } ? null : Find(key);
    }

    private YamlNode? Find(string key) => _node.Children.FirstOrDefault(pair => ((YamlScalarNode)pair.Key).Value == key).Value;

    private string Path(string key) => _at.Length == 0 ? key : $"{_at}.{key}";
}
