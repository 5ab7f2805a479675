using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>Where the members of a JSON object lie in its bytes, and the same bytes with some of them replaced.</summary>
/// <remarks>Nothing is ever rebuilt: what no edit names stays as it came, white space and spelling of numbers included.</remarks>
internal sealed class JsonMembers(ReadOnlyMemory<byte> json)
{
    private readonly List<Member> _members = [];

    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>The members of a whole object; none when the bytes are something else.</summary>
    public static JsonMembers Of(ReadOnlyMemory<byte> json)
    {
        var members = new JsonMembers(json);
        if (json.IsEmpty) return members;
        var reader = new Utf8JsonReader(json.Span, WireReader.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return members;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, at) = (reader.GetString()!, (int)reader.TokenStartIndex);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members.Add(name, at, start..(int)reader.BytesConsumed);
        }

        return members;
    }

    public void Add(string name, int start, Range value) => _members.Add(new Member(name, start, value));

    public IEnumerable<string> Names => _members.Select(member => member.Name);

    public bool Has(string name) => IndexOf(name) >= 0;

    /// <summary>The member's bytes; empty when it is not there.</summary>
    public ReadOnlyMemory<byte> Value(string name) => IndexOf(name) is var at and >= 0 ? Json[_members[at].Value] : default;

    /// <summary>The bytes with members replaced, added or (null) removed. No edits give the very same bytes.</summary>
    public ReadOnlyMemory<byte> Edit(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> edits)
    {
        if (edits.Count == 0) return Json;
        if (Json.IsEmpty) return new JsonMembers("{}"u8.ToArray()).Edit(edits);
        var output = new MemoryStream(Json.Length + edits.Sum(edit => edit.Key.Length + 8 + (edit.Value?.Length ?? 0)));
        // Up to the first name, between two names, and behind the last value, white space stays as it was.
        var kept = 0;
        output.Write(Json.Span[..(_members.Count > 0 ? _members[0].Start : Json.Span.IndexOf((byte)'{') + 1)]);
        for (var i = 0; i < _members.Count; i++)
        {
            var member = _members[i];
            var edited = edits.TryGetValue(member.Name, out var value);
            if (edited && value is null) continue;
            if (kept++ > 0) output.Write(i > 0 ? Json.Span[_members[i - 1].Value.End.Value..member.Start] : ","u8);
            output.Write(Json.Span[member.Start..member.Value.Start.Value]);
            output.Write(edited ? value!.Value.Span : Json.Span[member.Value]);
        }

        foreach (var (name, edit) in edits)
        {
            if (edit is not { } value || Has(name)) continue;
            if (kept++ > 0) output.WriteByte((byte)',');
            output.Write(Wire.String(name).Span);
            output.WriteByte((byte)':');
            output.Write(value.Span);
        }

        output.Write(Json.Span[(_members.Count > 0 ? _members[^1].Value.End.Value : Json.Span.IndexOf((byte)'{') + 1)..]);
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    // Asked for a dozen times a request: a delegate each time would be the most of what it costs.
    private int IndexOf(string name)
    {
        for (var i = 0; i < _members.Count; i++)
            if (_members[i].Name == name) return i;
        return -1;
    }

    private readonly record struct Member(string Name, int Start, Range Value);
}
