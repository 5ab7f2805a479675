namespace Espalier.Gateway.Providers.Compatible;

/// <summary>The servers that the options name.</summary>
internal static class CompatibleProviders
{
    public static IEnumerable<IProvider> Of(GatewayOptions options, Upstreams upstreams) =>
        options.Compatible.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new CompatibleProvider(entry.Key, entry.Value, upstreams));
}
