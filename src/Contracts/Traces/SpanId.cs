using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>OpenTelemetry's span id: 16 lower-case hex digits.</summary>
[JsonConverter(typeof(StringIdConverter<SpanId>))]
public readonly record struct SpanId(string Value) : IStringId<SpanId>
{
    public static SpanId From(string value) => new(value);

    public override string ToString() => Value;
}
