namespace Espalier.Gateway.Providers;

/// <summary>A model API. One call is one request to it: retries, money and records are the gateway's.</summary>
internal interface IProvider
{
    /// <summary>The word in configuration and the prefix of its model names.</summary>
    string Name { get; }

    /// <summary>The models that are known by name; a provider may serve others too.</summary>
    IReadOnlyList<string> Models { get; }

    /// <summary>Whether a model, named without the provider's prefix, can be asked for.</summary>
    bool Serves(string model);

    /// <summary>Sends one request. Failures of the other side are replies; only cancellation is thrown.</summary>
    Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken);
}

/// <param name="Model">The model's name as the provider knows it.</param>
/// <param name="Body">A chat completions request whose <c>model</c> is that name.</param>
/// <param name="Stream">True when the body asks for a stream.</param>
internal sealed record ProviderRequest(string Model, ReadOnlyMemory<byte> Body, bool Stream);
