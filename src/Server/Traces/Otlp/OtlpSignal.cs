namespace Espalier.Server.Traces.Otlp;

internal enum OtlpSignal
{
    Traces,
    Logs,
    Metrics,
}

internal enum OtlpEncoding
{
    Protobuf,
    Json,
}
