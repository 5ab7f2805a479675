using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>A run by everything that decides its result: tree, case, replicate, model pins and price table.</summary>
[JsonConverter(typeof(StringIdConverter<RunKey>))]
public readonly record struct RunKey(string Value) : IStringId<RunKey>
{
    public static RunKey From(string value) => new(value);

    public override string ToString() => Value;
}
