using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Providers;

/// <summary>What came back from a provider.</summary>
internal abstract record ProviderReply
{
    private ProviderReply() { }

    /// <summary>A whole answer, as bytes of the wire.</summary>
    public sealed record Completed(ReadOnlyMemory<byte> Body) : ProviderReply;

    /// <summary>An answer that arrives in events. Read once, to its end.</summary>
    public sealed record Streaming(IAsyncEnumerable<StreamEvent> Events) : ProviderReply
    {
        /// <summary>To be told when the answer's content begins; null where no time runs.</summary>
        public TimeLimits? Limits { get; init; }
    }

    /// <summary>No answer.</summary>
    public sealed record Failed(ProviderFailure Failure) : ProviderReply;
}

/// <summary>Why a provider gave no answer, and what may be done about it.</summary>
internal sealed record ProviderFailure
{
    /// <summary>The status for the client.</summary>
    public required int Status { get; init; }

    public required string Message { get; init; }

    /// <summary>The provider's own error body, in its own format; null when it gave none.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The gateway's word for it.</summary>
    public string Code { get; init; } = "provider_failed";

    public FailureClass Class { get; init; }

    /// <summary>True when the key is refused whatever it is used for.</summary>
    public bool IsRefusedKey { get; init; }

    /// <summary>Whether the same request may succeed a moment later.</summary>
    public bool MayRetry { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when the provider may have worked, and billed, before it failed.</summary>
    public bool MayBeBilled { get; init; }
}

/// <summary>A stream broke off.</summary>
internal sealed class ProviderStreamException(ProviderFailure failure, Exception? inner) : Exception(failure.Message, inner)
{
    public ProviderFailure Failure { get; } = failure;
}
