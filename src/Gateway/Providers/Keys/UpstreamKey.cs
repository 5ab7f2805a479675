using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Espalier.Gateway.Providers.Breakers;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Providers.Keys;

/// <summary>One way to a provider: a key, the address that it is used at, and how it has fared.</summary>
/// <remarks>What a key does wrong for every model (refused, no connection) opens the breaker of the whole key; what it does wrong for one model
/// (rate, load, errors, time) opens that model's alone, so that an agent cannot close a key for others by what it asks for.</remarks>
internal sealed class UpstreamKey
{
    private const int MostModels = 256;

    private readonly BreakerOptions _options;
    private readonly TimeProvider _time;
    private readonly BoundedCache<string, Breaker> _models = new(MostModels);

    public UpstreamKey(string name, string? secret, Uri? address, BreakerOptions options, TimeProvider time)
    {
        (Name, Secret, Address, _options, _time) = (name, secret, address, options, time);
        Whole = new Breaker(options, time);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{secret}\n{address?.AbsoluteUri}"));
        Id = Convert.ToHexStringLower(hash.AsSpan(0, 8));
        Hash = BinaryPrimitives.ReadUInt64LittleEndian(hash.AsSpan(8));
    }

    /// <summary>No key at all.</summary>
    public static UpstreamKey None(TimeProvider time) => new("none", null, null, new BreakerOptions(), time);

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>The same after a restart; tells nothing of the secret.</summary>
    public string Id { get; }

    /// <summary>Where it lies among others, for <see cref="Rendezvous"/>.</summary>
    public ulong Hash { get; }

    public string? Secret { get; }

    /// <summary>Null is the provider's own address.</summary>
    public Uri? Address { get; }

    /// <summary>When it is no longer used; null when nobody set a time. Until then it serves only when those without a time cannot.</summary>
    public DateTimeOffset? Until { get; init; }

    public Breaker Whole { get; }

    /// <summary>Breakers of models that have something to tell.</summary>
    public IEnumerable<KeyValuePair<string, Breaker>> Models => _models.Entries().Where(entry => !entry.Value.IsQuiet);

    /// <summary>Null while the key, or the model with this key, is left alone. What is entered must be reported, whatever came of it.</summary>
    public KeyPass? TryEnter(string model)
    {
        var breaker = _models.GetOrAdd(model, _ => new Breaker(_options, _time));
        var isProbe = Whole.OpenUntil is not null || breaker.OpenUntil is not null;
        if (Whole.TryEnter() is not { } whole) return null;
        if (breaker.TryEnter() is { } admission) return new KeyPass(this, whole, breaker, admission, isProbe, _options);
        Whole.Passed(whole);
        return null;
    }

    /// <summary>When the next request for the model may go; null when it may go now.</summary>
    public DateTimeOffset? ClosedUntil(string model)
    {
        var (whole, own) = (Whole.OpenUntil, _models.TryGet(model, out var breaker) ? breaker.OpenUntil : null);
        return whole is { } a && own is { } b ? (a > b ? a : b) : whole ?? own;
    }

    /// <summary>What stands in the way of the model.</summary>
    public FailureClass Obstacle(string model) =>
        Whole.OpenUntil is null && _models.TryGet(model, out var breaker) ? breaker.LastFailure : Whole.LastFailure;
}
