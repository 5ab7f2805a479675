using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers;

/// <summary>Makes the ways to model servers, and knows them all.</summary>
internal sealed class Upstreams(IOptions<GatewayOptions> options, TimeProvider time, ProviderKeys? kept = null)
{
    private readonly Lock _lock = new();
    private readonly List<(string Provider, UpstreamKeys Keys)> _all = [];

    public IReadOnlyList<(string Provider, UpstreamKeys Keys)> All
    {
        get
        {
            lock (_lock) return [.. _all];
        }
    }

    /// <param name="provider">Whose server.</param>
    /// <param name="server">Its options.</param>
    /// <param name="addressName">What people set the address with.</param>
    /// <param name="keyName">What people set the key with.</param>
    public Upstream Make(string provider, UpstreamOptions server, string addressName, string keyName)
    {
        var keys = new UpstreamKeys(provider, server, kept, options.Value.Breaker, time);
        lock (_lock) _all.Add((provider, keys));
        return new Upstream(server, keys, time, addressName, keyName);
    }
}
