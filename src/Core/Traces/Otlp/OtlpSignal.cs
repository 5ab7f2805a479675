namespace Espalier.Core.Traces.Otlp;

/// <summary>What an export request was posted as, by its path or gRPC method.</summary>
public enum OtlpSignal
{
    Traces,
    Logs,
    Metrics,
}
