using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers.Breakers;

namespace Espalier.Gateway.Providers.Keys;

/// <summary>The keys of one provider as they are now: of the configuration, else those that are kept. Thread-safe.</summary>
/// <remarks>Kept keys that are set or removed while the server runs count from the next request on; a key that stays keeps its breakers.</remarks>
internal sealed class UpstreamKeys(string provider, UpstreamOptions options, ProviderKeys? kept, BreakerOptions breakers, TimeProvider time)
{
    private readonly Lock _lock = new();
    private IReadOnlyList<UpstreamKey> _all = [];
    private int _revision = -1;

    /// <summary>The keys that may be used now; none when there is none, and one without a secret where an address is all that it takes.</summary>
    public IReadOnlyList<UpstreamKey> Current
    {
        get
        {
            var all = Read();
            for (var i = 0; i < all.Count; i++)
                if (all[i].Until is not null) return StillGood(all, time.GetUtcNow());
            return all;
        }
    }

    /// <summary>The first of the caller's order that may be asked for the model now.</summary>
    /// <param name="model">As the provider knows it.</param>
    /// <param name="caller">Whose order; asked for only where there is a choice.</param>
    /// <param name="only">The id of the one key that will do; null for any.</param>
    public KeyPass? TryEnter(string model, Func<ulong> caller, string? only = null)
    {
        foreach (var key in InOrder(caller, only))
            if (key.TryEnter(model) is { } pass) return pass;
        return null;
    }

    /// <summary>The keys as a caller would have them, first choice first; keys with an end come last.</summary>
    public IEnumerable<UpstreamKey> InOrder(Func<ulong> caller, string? only = null)
    {
        var current = Current;
        if (only is not null) return current.Where(key => key.Id == only);
        if (current.Count < 2) return current;
        var hash = caller();
        return current.OrderBy(key => key.Until is not null).ThenByDescending(key => Rendezvous.Weight(key.Hash, hash));
    }

    private static List<UpstreamKey> StillGood(IReadOnlyList<UpstreamKey> all, DateTimeOffset now) => [.. all.Where(key => !(key.Until <= now))];

    private IReadOnlyList<UpstreamKey> Read()
    {
        var revision = kept?.Revision ?? 0;
        lock (_lock)
        {
            if (revision != _revision) (_all, _revision) = (MakeAnew(), revision);
            return _all;
        }
    }

    private List<UpstreamKey> MakeAnew()
    {
        var known = _all.ToDictionary(key => (key.Id, key.Until));
        return [.. Make().DistinctBy(key => key.Id).Select(key => known.GetValueOrDefault((key.Id, key.Until)) ?? key)];
    }

    private List<UpstreamKey> Make()
    {
        var keys = new List<UpstreamKey>();
        if (options.ApiKey is { Length: > 0 } own) keys.Add(new UpstreamKey("default", own, null, breakers, time));
        keys.AddRange(options.Keys.Select(key => new UpstreamKey(key.Name, key.ApiKey is { Length: > 0 } secret ? secret : null, key.BaseUrl, breakers, time)));
        if (keys.Count == 0 && kept is not null)
            keys.AddRange(kept.Open(provider).Select((key, i) => new UpstreamKey(i == 0 ? "kept" : $"kept-{i}", key.Secret, null, breakers, time) { Until = key.Until }));
        if (keys.Count == 0 && options.BaseUrl is not null) keys.Add(new UpstreamKey("none", null, null, breakers, time));
        return keys;
    }
}
