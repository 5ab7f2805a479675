using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>A tool call that may arrive in pieces.</summary>
internal sealed class StreamedCall
{
    public string? Id { get; set; }

    public string? Name { get; set; }

    public StringBuilder Arguments { get; } = new();

    public void Add(StreamedCall piece)
    {
        Id ??= piece.Id;
        Name = Name is null || piece.Name is null ? Name ?? piece.Name : Name + piece.Name;
        Arguments.Append(piece.Arguments);
    }

    /// <summary>As traces show it: <c>{"id","name","arguments"}</c>, the arguments as the text that the model wrote.</summary>
    public string ToJson() => Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartObject();
        if (Id is not null) json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.WriteString("arguments", Arguments.ToString());
        json.WriteEndObject();
    }).Span);
}
