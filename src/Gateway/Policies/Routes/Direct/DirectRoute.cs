using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Routes.Direct;

/// <summary>One model: <c>model: gpt-4.1-mini</c>.</summary>
internal sealed record DirectRoute(string UsualModel) : IRoutePolicy
{
    public const string Key = "model";

    public string Name => Key;

    public Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken) => call.FinishAsync(UsualModel, cancellationToken);
}
