using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>No provider gave an answer, and nothing was sent to the client yet.</summary>
internal sealed class ProviderFailedException(ProviderFailure failure) : Exception(failure.Message)
{
    public ProviderFailure Failure { get; } = failure;
}
