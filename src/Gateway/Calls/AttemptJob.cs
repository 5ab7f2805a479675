using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Affinity;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>What is to be asked of one model, as often as its provider needs.</summary>
internal sealed record AttemptJob
{
    public required CallRecord Call { get; init; }

    public required ServedModel Model { get; init; }

    /// <summary>Of the first try; those after it are retries.</summary>
    public required AttemptRole Role { get; init; }

    public required ProviderRequest Request { get; init; }

    public required Func<ReplyReading> NewReading { get; init; }

    /// <summary>Most output to reserve money for.</summary>
    public required long OutputTokens { get; init; }

    public string? ChangedMessages { get; init; }

    /// <summary>What decides which of the provider's keys is asked; null for calls that belong together with no others.</summary>
    public CallAffinity? Affinity { get; init; }

    /// <summary>The id of the one key that can answer, because its account keeps what the request goes on from; null for any.</summary>
    public string? PinnedKey { get; init; }

    /// <summary>How the cache is used; null when it must not be.</summary>
    public CacheUse? Cache { get; init; }

    /// <summary>How the client is told of an error inside a stream that has begun.</summary>
    public required Func<CallRefusal, ReadOnlyMemory<byte>> ErrorEvent { get; init; }

    /// <summary>Told of the reply that was the answer, and the id of the key that it came by.</summary>
    public Action<ReplyReading, string?> Answered { get; init; } = static (_, _) => { };

    /// <summary>Whether another model is to be asked after such a failure.</summary>
    public Func<FailureClass, bool> FallsBack { get; init; } = static _ => false;

    /// <summary>Set when nobody waits for the answer any more: no more tries then.</summary>
    public required CancellationToken ClientGone { get; init; }
}
