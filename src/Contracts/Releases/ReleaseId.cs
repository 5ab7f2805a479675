using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Releases;

/// <summary>One move of traffic to a version: <c>rel_</c> and a time-ordered id.</summary>
[JsonConverter(typeof(StringIdConverter<ReleaseId>))]
public readonly record struct ReleaseId(string Value) : IStringId<ReleaseId>
{
    public static ReleaseId From(string value) => new(value);

    public override string ToString() => Value;
}
