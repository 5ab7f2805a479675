using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Keys;

namespace Espalier.Gateway.Calls.Retries;

/// <summary>The tries at one model for one job: which key each goes with, and whether and when there is another.</summary>
internal sealed class Tries(AttemptJob job, GatewayOptions options, TimeProvider time)
{
    private KeyPass? _pass;
    private ProviderFailure? _last;

    /// <summary>Tries that failed so far.</summary>
    public int Count { get; private set; }

    /// <summary>What the next try sends; reserves its key.</summary>
    /// <exception cref="ProviderFailedException">All keys that could be asked are left alone now.</exception>
    public ProviderRequest Begin()
    {
        if (job.Model.Provider.Keys is not { } keys) return job.Request;
        _pass = keys.TryEnter(job.Model.Model, Caller, job.PinnedKey) ?? throw new ProviderFailedException(_last ?? Unavailable(keys), job.Request.Format);
        return job.Request with { Key = _pass.Key };
    }

    /// <summary>The name of the key that is being asked with, where it tells something.</summary>
    public string? KeyName => _pass?.Key.Name;

    /// <summary>True when that key, or the model with it, was left alone until now and this request is to show whether it works again.</summary>
    public bool IsProbe => _pass is { IsProbe: true };

    /// <summary>The id of that key.</summary>
    public string? KeyId => _pass?.Key.Id;

    /// <summary>Must be told how each try ended.</summary>
    /// <param name="failure">Null when nothing failed.</param>
    /// <param name="answered">False when it was given up before anybody could know.</param>
    public void End(ProviderFailure? failure, bool answered)
    {
        if (_pass is not { } pass) return;
        if (failure is not null) pass.Failed(failure);
        else if (answered) pass.Answered();
        else pass.GivenUp();
    }

    /// <summary>Waits until the next try.</summary>
    /// <exception cref="ProviderFailedException">There is none.</exception>
    public async Task NextAsync(ProviderFailure failure, CancellationToken cancellationToken)
    {
        var tried = Count++;
        // When nobody may be asked any more, what was said last tells more than that.
        _last = failure;
        var elsewhere = MovesOn();
        var delay = elsewhere ? TimeSpan.Zero : Backoff.Delay(tried, failure.RetryAfter);
        var over = time.GetUtcNow() - job.Call.Start + delay > options.MaxTryTime;
        var may = failure.MayRetry || (elsewhere && failure.Class == FailureClass.Auth);
        if (!may || tried >= options.MaxRetries || delay > options.MaxRetryDelay || over || job.ClientGone.IsCancellationRequested)
            throw new ProviderFailedException(failure, job.Request.Format);
        if (delay > TimeSpan.Zero) await Task.Delay(delay, time, cancellationToken);
    }

    // Calls that belong together with no others are spread by chance.
    private ulong Caller() => job.Affinity?.Hash ?? (ulong)job.Call.SpanId.Value.GetHashCode(StringComparison.Ordinal);

    // Another key has nothing to wait for.
    private bool MovesOn() => job.Model.Provider.Keys is { } keys && _pass is { } pass
        && keys.InOrder(Caller, job.PinnedKey).FirstOrDefault(key => key.ClosedUntil(job.Model.Model) is null) is { } next && next != pass.Key;

    private ProviderFailure Unavailable(UpstreamKeys keys)
    {
        var waiting = keys.InOrder(Caller, job.PinnedKey).ToList();
        if (waiting.Count == 0)
        {
            return new ProviderFailure
            {
                Status = 503,
                Code = "provider_unavailable",
                Message = job.PinnedKey is null
                    ? $"There is no key of '{job.Model.Provider.Name}'."
                    : $"This request goes on from what another key's account of '{job.Model.Provider.Name}' keeps, and that key is gone. Send the whole conversation, without what that account made.",
                Class = FailureClass.Auth,
            };
        }

        var now = time.GetUtcNow();
        var soonest = waiting.Min(key => key.ClosedUntil(job.Model.Model) ?? now);
        var wait = soonest > now ? soonest - now : TimeSpan.FromSeconds(1);
        var what = job.PinnedKey is not null ? "the key whose account keeps what this request goes on from" : waiting.Count == 1 ? "its key" : $"all {waiting.Count} of its keys";
        return new ProviderFailure
        {
            Status = 503,
            Code = "provider_unavailable",
            Message = $"'{job.Model.FullName}' of '{job.Model.Provider.Name}' is not asked now: {what} failed too often and is left alone for {Math.Ceiling(wait.TotalSeconds)} s more."
                + (job.PinnedKey is not null ? " No other account can go on from there." : ""),
            Class = waiting[0].Obstacle(job.Model.Model),
            RetryAfter = wait,
        };
    }
}
