using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>Finds kept answers, and writes down what they saved.</summary>
/// <remarks>A hit is an attempt with the role <c>cache_hit</c>: it has the usage of the answer, costs nothing, and says what it would have cost by today's prices.</remarks>
internal sealed class CacheHits(ReplyCache cache, PriceTable prices, ISpanSink spans, TimeProvider time)
{
    public const string AvoidedAttribute = "cost_avoided_nano_usd";

    /// <summary>Null when there is no answer to what the job asks.</summary>
    public CachedReply? Find(AttemptJob job)
    {
        if (job.Cache is not { } use) return null;
        job.Call.CacheState = "miss";
        // A key that may not call the model is refused where all are.
        if (!use.MayRead || !ModelList.Allows(job.Call.Run.Context.Models, job.Model)) return null;
        return cache.Find(use.Key);
    }

    public ReplyRecorder Record(AttemptJob job) => new(job.Cache, cache, time);

    public async Task NoteAsync(AttemptJob job, ReplyReading reading, long started)
    {
        var call = job.Call;
        var now = time.GetUtcNow();
        var attempt = new Attempt
        {
            SpanId = CallRecord.NewSpanId(),
            Call = call,
            Model = job.Model,
            Role = AttemptRole.CacheHit,
            Body = job.Request.Body,
            ChangedMessages = job.ChangedMessages,
            Start = now - time.GetElapsedTime(started),
            StartTimestamp = started,
            Price = null,
            Reserved = null,
        };
        var result = new AttemptResult
        {
            Billed = true,
            Reported = reading.Usage,
            OutputBytes = reading.OutputBytes,
            Confidence = reading.Confidence,
            Output = reading.Output,
            FinishReason = reading.FinishReason,
        };
        var avoided = AttemptCost.Of(attempt, result, prices);
        var cost = avoided with { Cost = Usd.Zero, Bill = null, Reason = "answered from the gateway's cache" };
        call.CountAttempt();
        call.Try(job.Model.FullName, AttemptRole.CacheHit).Outcome = "ok";
        (call.CacheState, call.CostAvoided) = ("hit", avoided.Cost);
        call.Settle(cost, prices.Version);
        // Nothing was used: the tokens are those of the call that was paid.
        call.Run.Settle(Usd.Zero, Usd.Zero, null);
        var span = attempt.ToSpan(result with { Billed = false }, cost, time.GetElapsedTime(started), prices.Version);
        var attributes = new Dictionary<string, string>(span.Attributes);
        if (avoided.Cost is { } saved) attributes[AvoidedAttribute] = saved.Nano.ToString(CultureInfo.InvariantCulture);
        await spans.AddAsync(span with { Attributes = attributes }, CancellationToken.None);
    }
}
