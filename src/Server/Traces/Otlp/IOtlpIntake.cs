using Espalier.Core.Traces.Otlp;
using Espalier.Server.Runs;

namespace Espalier.Server.Traces.Otlp;

/// <summary>What lies behind both transports: an export in, what became of it out.</summary>
internal interface IOtlpIntake
{
    /// <summary>Returns when what was accepted will survive a crash of this process.</summary>
    /// <param name="body">An export request, decompressed. Not used any more after the call.</param>
    /// <exception cref="OtlpRefusal">Not an export request: nothing of it is stored.</exception>
    Task<OtlpReceipt> TakeAsync(OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>The same from an agent in a sandbox: its spans join its runs.</summary>
    Task<OtlpReceipt> TakeAsync(RunSpans of, OtlpSignal signal, OtlpEncoding encoding, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        throw new NotSupportedException("This intake takes no exports of runs.");
}
