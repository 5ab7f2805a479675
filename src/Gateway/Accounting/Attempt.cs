using System.Globalization;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Accounting;

/// <summary>One request to a provider, from the reservation of its money to its settlement and its span.</summary>
internal sealed record Attempt
{
    public required SpanId SpanId { get; init; }

    /// <summary>What its money is reserved under.</summary>
    public string LedgerKey => NewLedgerKey(Start, SpanId);

    public required CallRecord Call { get; init; }

    public required ServedModel Model { get; init; }

    public required AttemptRole Role { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The name of the key that was asked with; null where there is none.</summary>
    public string? Key { get; init; }

    /// <summary>True when the key's breaker was open until now.</summary>
    public bool IsProbe { get; init; }

    /// <summary>What the client is told of it; null where it is told nothing.</summary>
    public TriedAttempt? Tried { get; init; }

    /// <summary>Messages as sent, when a policy changed what the agent sent.</summary>
    public string? ChangedMessages { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required long StartTimestamp { get; init; }

    /// <summary>Of the model that was asked for; null when unknown. Who answered is known only afterwards.</summary>
    public required PriceRow? Price { get; init; }

    /// <summary>Taken from the key's tokens a minute.</summary>
    public long MostTokens { get; init; }

    /// <summary>Null when nothing is reserved.</summary>
    public required Usd? Reserved { get; init; }

    /// <summary>The time to the microsecond before the id: keys that follow each other lie beside each other in the ledger's rows, where
    /// random ones would touch a page each.</summary>
    public static string NewLedgerKey(DateTimeOffset start, SpanId id) =>
        string.Create(CultureInfo.InvariantCulture, $"{(start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond:x14}-{id.Value}");
}
