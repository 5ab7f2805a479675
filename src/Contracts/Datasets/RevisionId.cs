using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Datasets;

/// <summary>One immutable state of a dataset by its content: <c>rev_</c> and a hash of agent, name, cases and their splits.</summary>
[JsonConverter(typeof(StringIdConverter<RevisionId>))]
public readonly record struct RevisionId(string Value) : IStringId<RevisionId>
{
    public static RevisionId From(string value) => new(value);

    public override string ToString() => Value;
}
