using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Routes;

/// <summary>Which models are asked for a call, and which of their answers is shown.</summary>
/// <remarks>Immutable, and shared by all calls of a version. What it decides by chance it notes on the call.</remarks>
internal interface IRoutePolicy
{
    /// <summary>The key in <c>router.yaml</c>.</summary>
    string Name { get; }

    /// <summary>The model that is asked when nothing else is known of a call: what counting and embedding go by.</summary>
    string UsualModel { get; }

    /// <summary>The whole answer; null when it was streamed to the client.</summary>
    /// <exception cref="ProviderFailedException">No model answered.</exception>
    Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken);
}
