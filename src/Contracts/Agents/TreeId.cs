using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Agents;

/// <summary>The content of a version: the SHA of its git tree. Two versions with one tree behave alike and share results.</summary>
[JsonConverter(typeof(StringIdConverter<TreeId>))]
public readonly record struct TreeId(string Value) : IStringId<TreeId>
{
    public static TreeId From(string value) => new(value);

    public override string ToString() => Value;
}
