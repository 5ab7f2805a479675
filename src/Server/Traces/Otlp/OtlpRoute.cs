using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>Marks an endpoint as one for OpenTelemetry clients: the two OTLP ports lead to these alone.</summary>
internal sealed record OtlpRoute(OtlpSignal Signal, bool IsGrpc);
