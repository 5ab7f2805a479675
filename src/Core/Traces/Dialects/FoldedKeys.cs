using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Unfolds structures that a convention flattened into keys: <c>llm.input_messages.0.message.role</c>.</summary>
/// <remarks>Numbers become lists in the numbers' order, whatever gaps they have. O(n log n) in the keys of the family.</remarks>
internal static class FoldedKeys
{
    private const int Deepest = 16;

    /// <summary>Hands over the JSON of all keys below <paramref name="prefix"/> (which ends in a dot), and uses them when it is read whole.</summary>
    /// <returns>False when there is no such key, or it was not read whole.</returns>
    public static bool With(SpanDraft span, string prefix, Func<JsonElement, bool> read)
    {
        Node? root = null;
        var attributes = span.Attributes;
        for (var i = 0; i < attributes.Count; i++)
        {
            var key = attributes.KeyAt(i);
            if (key.Length <= prefix.Length || !key.StartsWith(prefix, StringComparison.Ordinal)) continue;
            Put(root ??= new Node(), key.AsSpan(prefix.Length), attributes.ValueAt(i));
        }

        if (root is null) return false;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
            root.Write(writer);
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        if (!read(document.RootElement)) return false;
        for (var i = 0; i < attributes.Count; i++)
            if (attributes.KeyAt(i).StartsWith(prefix, StringComparison.Ordinal)) attributes.Use(i);
        return true;
    }

    public static bool Has(SpanDraft span, string prefix)
    {
        for (var i = 0; i < span.Attributes.Count; i++)
            if (span.Attributes.KeyAt(i).StartsWith(prefix, StringComparison.Ordinal)) return true;
        return false;
    }

    private static void Put(Node node, ReadOnlySpan<char> path, AttributeValue value)
    {
        for (var depth = 1; ; depth++)
        {
            var dot = depth == Deepest ? -1 : path.IndexOf('.');
            node = node.Child(dot < 0 ? path : path[..dot]);
            if (dot < 0) break;
            path = path[(dot + 1)..];
        }

        node.Value = value;
    }

    private sealed class Node
    {
        private readonly List<(string Name, Node Node)> _children = [];
        private Dictionary<string, Node>? _index;

        public AttributeValue Value { get; set; }

        public Node Child(ReadOnlySpan<char> name)
        {
            // The last child is the one sought most often: keys of one message follow each other.
            if (_children.Count > 0 && name.SequenceEqual(_children[^1].Name)) return _children[^1].Node;
            if (_index is null && _children.Count < 8)
            {
                foreach (var child in _children)
                    if (name.SequenceEqual(child.Name)) return child.Node;
            }
            else
            {
                _index ??= _children.ToDictionary(child => child.Name, child => child.Node);
                if (_index.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var found)) return found;
            }

            var added = new Node();
            var text = name.ToString();
            _children.Add((text, added));
            _index?.Add(text, added);
            return added;
        }

        public void Write(Utf8JsonWriter writer)
        {
            if (_children.Count == 0) WriteValue(writer);
            else if (_children.TrueForAll(child => IsNumber(child.Name)))
            {
                writer.WriteStartArray();
                foreach (var (_, node) in _children.OrderBy(child => int.Parse(child.Name, CultureInfo.InvariantCulture))) node.Write(writer);
                writer.WriteEndArray();
            }
            else
            {
                writer.WriteStartObject();
                foreach (var (name, node) in _children)
                {
                    writer.WritePropertyName(name);
                    node.Write(writer);
                }

                writer.WriteEndObject();
            }
        }

        private static bool IsNumber(string name) => name.Length is > 0 and < 9 && name.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

        private void WriteValue(Utf8JsonWriter writer)
        {
            switch (Value.Kind)
            {
                case ValueKind.None: writer.WriteNullValue(); break;
                case ValueKind.Bool: writer.WriteBooleanValue(Value.AsBool() == true); break;
                case ValueKind.Whole or ValueKind.Real when Value.AsNumber() is not null: writer.WriteRawValue(Value.AsText()!, skipInputValidation: true); break;
                case ValueKind.Json: writer.WriteRawValue(Value.AsUtf8().Span, skipInputValidation: true); break;
                default: writer.WriteStringValue(Value.AsText()); break;
            }
        }
    }
}
