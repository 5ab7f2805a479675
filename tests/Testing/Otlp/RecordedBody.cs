using Espalier.Core.Traces.Otlp;

namespace Espalier.Testing.Otlp;

/// <summary>One export request, unframed and inflated.</summary>
public sealed record RecordedBody(OtlpSignal Signal, OtlpEncoding Encoding, byte[] Body);
