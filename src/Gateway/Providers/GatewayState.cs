using Espalier.Contracts.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Providers.Breakers;
using Espalier.Gateway.Providers.Keys;

namespace Espalier.Gateway.Providers;

/// <summary>Tells how the ways to providers are.</summary>
public sealed class GatewayState
{
    private readonly Upstreams _upstreams;
    private readonly ReplyCache _cache;
    private readonly TraceStoreSpanSink _spans;

    internal GatewayState(Upstreams upstreams, ModelCatalog models, ReplyCache cache, TraceStoreSpanSink spans)
    {
        // The catalog makes the providers, and they their ways.
        _ = models;
        (_upstreams, _cache, _spans) = (upstreams, cache, spans);
    }

    public GatewayDiagnostics Read() => new()
    {
        Keys =
        [
            .. from upstream in _upstreams.All
               from key in upstream.Keys.Current
               from state in States(upstream.Provider, key)
               select state,
        ],
        Cache = _cache.State,
        Traces = _spans.State,
    };

    private static IEnumerable<ProviderKeyState> States(string provider, UpstreamKey key)
    {
        yield return State(provider, key, null, key.Whole);
        foreach (var (model, breaker) in key.Models.OrderBy(entry => entry.Key, StringComparer.Ordinal)) yield return State(provider, key, model, breaker);
    }

    private static ProviderKeyState State(string provider, UpstreamKey key, string? model, Breaker breaker)
    {
        var state = breaker.State;
        return new ProviderKeyState
        {
            Provider = provider,
            Key = key.Name,
            Model = model,
            State = state,
            FailuresInARow = breaker.FailuresInARow,
            OpenUntil = breaker.OpenUntil,
            Why = state == BreakerState.Closed ? null : breaker.Why,
            Until = key.Until,
        };
    }
}
