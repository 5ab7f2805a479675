using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>What lies behind both transports: an export in, what became of it out.</summary>
internal interface IOtlpIntake
{
    /// <summary>Returns when what was accepted will survive a crash of this process.</summary>
    /// <param name="body">An export request, decompressed. Not used any more after the call.</param>
    /// <exception cref="OtlpRefusal">Not an export request: nothing of it is stored.</exception>
    Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);
}
