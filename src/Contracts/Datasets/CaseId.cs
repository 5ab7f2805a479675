using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Datasets;

/// <summary>A case by its content: <c>case_</c> and a hash of input, reference, group and files.</summary>
[JsonConverter(typeof(StringIdConverter<CaseId>))]
public readonly record struct CaseId(string Value) : IStringId<CaseId>
{
    public static CaseId From(string value) => new(value);

    public override string ToString() => Value;
}
