using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Accounting;

/// <summary>Takes the gateway's spans off the path of a call.</summary>
public interface ISpanSink
{
    /// <summary>Hands a span over; waits only when the writer is far behind.</summary>
    ValueTask AddAsync(Span span, CancellationToken cancellationToken);

    /// <summary>Returns when everything that was added before is stored.</summary>
    /// <exception cref="Espalier.Core.Shared.StorageFault">The store takes nothing now; what was added waits and is stored once it does.</exception>
    Task FlushAsync(CancellationToken cancellationToken);
}
