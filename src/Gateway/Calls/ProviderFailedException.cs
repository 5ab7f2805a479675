using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>No provider gave an answer, and nothing was sent to the client yet.</summary>
internal sealed class ProviderFailedException(ProviderFailure failure, string format) : Exception(failure.Message)
{
    public ProviderFailure Failure { get; } = failure;

    /// <summary>The wire format of the provider's own error body.</summary>
    public string Format { get; } = format;
}
