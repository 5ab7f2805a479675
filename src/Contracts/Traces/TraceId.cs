using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>OpenTelemetry's trace id: 32 lower-case hex digits.</summary>
[JsonConverter(typeof(StringIdConverter<TraceId>))]
public readonly record struct TraceId(string Value) : IStringId<TraceId>
{
    public static TraceId From(string value) => new(value);

    /// <summary>The root span of a trace that a run of ours made: the id's last half, so that whoever has the run knows it.</summary>
    public SpanId RootSpan() => new(Value[16..]);

    public override string ToString() => Value;
}
