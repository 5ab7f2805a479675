using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress.OpenAiChat;
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

    /// <summary>How the client is told of an error inside a stream that has begun.</summary>
    public required Func<ChatRefusal, ReadOnlyMemory<byte>> ErrorEvent { get; init; }

    /// <summary>Told of the reply that was the answer.</summary>
    public Action<ReplyReading> Answered { get; init; } = static _ => { };

    /// <summary>Set when nobody waits for the answer any more: no more tries then.</summary>
    public required CancellationToken ClientGone { get; init; }
}
