using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>Reserves for a batch before it is sent: the sum of the most that each of its requests can cost, at the prices of batches.</summary>
internal sealed class BatchMoney(AttemptBook book, ILedger ledger, PriceTable prices, TimeProvider time)
{
    // Providers end a batch after a day; the poller has some hours more to find that out.
    private static readonly TimeSpan Lease = TimeSpan.FromHours(30);

    /// <exception cref="CallRefusal">A model may not be called, has no price where a limit must be kept, or the money does not reach.</exception>
    public async Task<BatchHold> ReserveAsync(RunAccount run, IProvider provider, IAsyncEnumerable<BatchLine?> lines, CancellationToken cancellationToken)
    {
        var (sum, count) = (Usd.Zero, 0);
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            count++;
            if (line is null) throw CallRefusal.Invalid($"Request {count} of the batch names no model, or is no request. Mend it and send the batch again.");
            var model = new ServedModel(provider, line.Model);
            if (!ModelList.Allows(run.Context.Models, model)) throw CallRefusal.NotAllowed($"Request {count} of the batch asks for the model '{model.FullName}', which this key may not call. It may call {string.Join(", ", run.Context.Models!)}.");
            var price = prices.Find(null, model.FullName, time.GetUtcNow());
            if (price is not null && book.UpperBound(price, line.Body.Span, book.OutputTokens(line.MaxTokens, 1), "batch") is { } most) sum += most;
            else await book.CheckUnknownPriceAsync(run, model.FullName, cancellationToken);
        }

        if (count == 0) throw CallRefusal.Invalid("The batch holds no request.");
        var id = CallRecord.NewSpanId();
        if (sum > Usd.Zero) await book.ReserveAsync(run, id.Value, sum, Lease, cancellationToken);
        return new BatchHold(id, sum > Usd.Zero ? sum : null);
    }

    /// <summary>The batch was not taken.</summary>
    public async Task ReleaseAsync(RunAccount run, BatchHold hold)
    {
        Sent(run, hold);
        if (hold.Reserved is not null) await ledger.ReleaseAsync(hold.Id.Value, CancellationToken.None);
    }

    /// <summary>The batch was taken: the ledger holds its money from now on, the run's own limit does no more.</summary>
    public static void Sent(RunAccount run, BatchHold hold)
    {
        if (hold.Reserved is { } reserved) run.GiveBack(reserved);
    }
}

/// <param name="Id">Its key in the ledger.</param>
/// <param name="Reserved">Null when nothing is.</param>
internal readonly record struct BatchHold(SpanId Id, Usd? Reserved);
