using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Agents;

/// <summary>One commit of an agent's repository: its full SHA in lower-case hex.</summary>
[JsonConverter(typeof(StringIdConverter<VersionId>))]
public readonly record struct VersionId(string Value) : IStringId<VersionId>
{
    public static VersionId From(string value) => new(value);

    public override string ToString() => Value;
}
