namespace Espalier.Core.Traces.Otlp;

/// <summary>How the body of an export request is written: <c>application/x-protobuf</c> (also gRPC) or <c>application/json</c>.</summary>
public enum OtlpEncoding
{
    Protobuf,
    Json,
}
